import type { Page } from 'playwright-core';
import { credentials } from '../site/portal.ts';

/** How many orders are opened, one page load each. */
const orders = 15;

const signIn = `
await page.getByLabel('User name').fill(${JSON.stringify(credentials.username)});
await page.getByLabel('Password').fill(${JSON.stringify(credentials.password)});
await page.getByRole('button', { name: 'Sign in' }).click();
await page.getByTestId('user').waitFor();
return { user: await page.getByTestId('user').innerText() };`;

/** The steps as blocks: sign in, then the table's pages, then some orders. */
export const portalBlocks = (site: string): object[] => [
  { block_type: 'goto_url', label: 'open', url: `${site}/login` },
  { block_type: 'code', label: 'sign_in', language: 'javascript', code: signIn },
  ...[1, 2, 3].map((page) => ({
    block_type: 'goto_url',
    label: `page_${page}`,
    url: `${site}/orders?page=${page}`,
  })),
  {
    block_type: 'for_loop',
    label: 'each',
    loop_variable_reference: `{{ range(${orders}) | list }}`,
    loop_blocks: [
      {
        block_type: 'goto_url',
        label: 'order',
        url: `${site}/orders?page={{ current_value % 3 + 1 }}`,
      },
    ],
  },
];

/** The same steps by plain Playwright; with a picture after each, as a run takes them, when `pictures` is set. */
export async function portalByHand(page: Page, site: string, pictures: boolean): Promise<void> {
  const step = async (work: () => Promise<unknown>) => {
    await work();
    const picture = () => page.screenshot();
    // As a run does: now and then a browser cannot, and can a moment later.
    if (pictures) await picture().catch(picture);
  };
  await step(() => page.goto(`${site}/login`));
  await step(async () => {
    await page.getByLabel('User name').fill(credentials.username);
    await page.getByLabel('Password').fill(credentials.password);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByTestId('user').waitFor();
  });
  for (const number of [1, 2, 3]) await step(() => page.goto(`${site}/orders?page=${number}`));
  for (let index = 0; index < orders; index += 1) {
    await step(() => page.goto(`${site}/orders?page=${(index % 3) + 1}`));
  }
}

/** Blocks that {@link portalBlocks} runs, loops not counted. */
export const portalBlockCount = 5 + orders;
