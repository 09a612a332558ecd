import type { RunResponse } from '@lapwing/protocol';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Site, startSite } from '../site/site.ts';
import { open, script } from '../support/blocks.ts';
import { browsersOf } from '../support/browser-processes.ts';
import { type Lapwing, startLapwing } from '../support/lapwing.ts';
import { ended, eventOf, rowsOf, runBlocks, startRun, timeline } from '../support/runs.ts';

let lapwing: Lapwing;
let site: Site;

beforeAll(async () => {
  [lapwing, site] = await Promise.all([
    startLapwing({
      LAPWING_RECORDING: 'off',
      LAPWING_WARM_BROWSERS: '1',
      LAPWING_WARM_PYTHON: 'on',
    }),
    startSite(),
  ]);
});
afterAll(async () => {
  await Promise.all([lapwing.close(), site.close()]);
});

const code = (label: string, language: string, text: string, fields: object = {}) => ({
  block_type: 'code',
  label,
  language,
  code: text,
  ...fields,
});

const python = `
await page.get_by_label("Company").fill(company)
await page.get_by_label("Notes").fill("first line\\nsecond line")
await page.get_by_label("E-mail").fill("orders@alder.example")
await page.get_by_label("Quantity").fill(str(quantity))
await page.locator("#remarks").click()
await page.keyboard.type("no peanuts")
await page.get_by_label("Country").select_option("nl")
await page.get_by_label("Certificates").select_option(["iso9001", "fsc"])
await page.get_by_role("combobox", name="Carrier").press_sequentially("a")
await page.get_by_role("listbox", name="Carriers").get_by_role("option").first.click()
await page.get_by_label("Express").check()
await page.get_by_label("I accept the terms").check()
await page.get_by_label("Delivery date").fill("2026-12-01")
await page.get_by_label("Delivery time").fill("08:30")
await page.set_input_files("[name=contract]", {"name": "c.txt", "mimeType": "text/plain", "buffer": b"signed"})
await page.get_by_label("Priority").fill("8")
await page.get_by_role("button", name="Send").click()
print("sent by", company)
return json.loads(await page.locator("#received").inner_text())`;

const javascript = (typed = (_: string) => '') => `
const company_name${typed('string')} = company;
await page.getByLabel('Company').fill(company_name);
await page.getByLabel('Notes').fill('first line\\nsecond line');
await page.getByLabel('E-mail').fill('orders@alder.example');
await page.getByLabel('Quantity').fill(String(quantity));
await page.locator('#remarks').click();
await page.keyboard.type('no peanuts');
await page.getByLabel('Country').selectOption('nl');
await page.getByLabel('Certificates').selectOption(['iso9001', 'fsc']);
await page.getByRole('combobox', { name: 'Carrier' }).pressSequentially('a');
await page.getByRole('listbox', { name: 'Carriers' }).getByRole('option').first().click();
await page.getByLabel('Express').check();
await page.getByLabel('I accept the terms').check();
await page.getByLabel('Delivery date').fill('2026-12-01');
await page.getByLabel('Delivery time').fill('08:30');
await page.setInputFiles('[name=contract]', { name: 'c.txt', mimeType: 'text/plain', buffer: Buffer.from('signed') });
await page.getByLabel('Priority').fill('8');
await page.getByRole('button', { name: 'Send' }).click();
console.log('sent by', company_name);
return JSON.parse(await page.locator('#received').innerText());`;

const received = {
  company: 'Alder & Söhne',
  notes: 'first line\r\nsecond line',
  email: 'orders@alder.example',
  password: '',
  quantity: '12',
  remarks: 'no peanuts',
  country: 'nl',
  certificates: ['iso9001', 'fsc'],
  delivery: 'express',
  terms: 'on',
  delivery_date: '2026-12-01',
  delivery_time: '08:30',
  contract: { filename: 'c.txt', size: 6 },
  priority: '8',
};

it.each([
  ['python', python],
  ['javascript', javascript()],
  ['typescript', javascript((type) => `: ${type}`)],
])('fills in a form with every kind of control from %s', async (language, text) => {
  const run = await runBlocks(
    lapwing,
    [
      open('start', `${site.url}/form`),
      code('fill', language, text, { parameter_keys: ['company', 'quantity'] }),
    ],
    {
      definition: {
        parameters: [
          { parameter_type: 'workflow', key: 'company', workflow_parameter_type: 'string' },
          { parameter_type: 'workflow', key: 'quantity', workflow_parameter_type: 'integer' },
        ],
      },
      fields: { parameters: { company: 'Alder & Söhne', quantity: '12' } },
    },
  );
  expect(run).toMatchObject({ status: 'completed', failure_reason: null });
  expect(run.output.fill_output).toMatchObject(received);
  expect(run.output.fill_output.carrier).not.toBe('');
  const [row] = rowsOf(await timeline(lapwing, run.run_id));
  const said = row?.logs.map(({ level, message }) => [level, message]);
  expect(said).toContainEqual(['info', 'sent by Alder & Söhne']);
  // What was done in the page is told too, though never what was typed.
  expect(JSON.stringify(said)).toMatch(/getByLabel.*Company.*fill/);
  expect(JSON.stringify(said)).not.toContain('peanuts');
});

const values = () => ({
  text: 'a "b" \\ {{ c }} 😀',
  whole: 7,
  part: 2.5,
  truth: false,
  data: { list: [1, null, { deep: true }] },
  file: `${site.url}/downloads/price-list.csv`,
});
const kinds = {
  text: 'string',
  whole: 'integer',
  part: 'float',
  truth: 'boolean',
  data: 'json',
  file: 'file_url',
} as const;

it('gives parameters of every type to code as variables of that type', async () => {
  const keys = Object.keys(kinds);
  const run = await runBlocks(
    lapwing,
    [
      code('in_python', 'python', `return [${keys}, [str(type(x)) for x in [${keys}]]]`, {
        parameter_keys: keys,
      }),
      code('in_javascript', 'javascript', `return [${keys}, [${keys}].map((x) => typeof x)]`, {
        parameter_keys: keys,
      }),
    ],
    {
      definition: {
        parameters: Object.entries(kinds).map(([key, workflow_parameter_type]) => ({
          parameter_type: 'workflow',
          key,
          workflow_parameter_type,
        })),
      },
      fields: { parameters: values() },
    },
  );
  expect(run).toMatchObject({ status: 'completed', failure_reason: null });
  // A file is fetched, and the code gets its path.
  const all = Object.values({ ...values(), file: 'inputs/price-list.csv' });
  expect(run.output.in_python_output).toEqual([
    ...all,
    ['str', 'int', 'float', 'bool', 'dict', 'str'].map((type) => `<class '${type}'>`),
  ]);
  expect(run.output.in_javascript_output).toEqual([
    ...all,
    ['string', 'number', 'number', 'boolean', 'object', 'string'],
  ]);
});

it.each<[string, string]>([
  [
    'python',
    `prices = await click_and_claim_download(page.get_by_text("Price list in a new tab"))
await page.goto(form)
await page.set_input_files("[name=contract]", [prices])
first = await page.evaluate("async () => (await document.forms[0].contract.files[0].text()).slice(0, 9)")
await page.set_input_files("[name=contract]", terms)
second = await page.evaluate("async () => (await document.forms[0].contract.files[0].text()).slice(0, 5)")`,
  ],
  [
    'javascript',
    `const prices = await clickAndClaimDownload(page, 'text=Price list in a new tab');
await page.goto(form);
const contract = page.locator('[name=contract]');
await contract.setInputFiles(prices);
const read = (end) => contract.evaluate(async (field, end) => (await field.files[0].text()).slice(0, end), end);
const first = await read(9);
await contract.setInputFiles([terms]);
return { prices, first, second: await read(5) };`,
  ],
])('hands files on from a site to another by %s', async (language, text) => {
  const run = await runBlocks(
    lapwing,
    [
      open('start', `${site.url}/downloads`),
      code('work', language, text, { parameter_keys: ['terms', 'form'] }),
    ],
    {
      definition: {
        parameters: [
          { parameter_type: 'workflow', key: 'terms', workflow_parameter_type: 'file_url' },
          { parameter_type: 'workflow', key: 'form', workflow_parameter_type: 'string' },
        ],
      },
      fields: {
        parameters: { terms: `${site.url}/downloads/terms.pdf`, form: `${site.url}/form` },
      },
    },
  );
  expect(run).toMatchObject({ status: 'completed', failure_reason: null });
  expect(run.output.work_output).toMatchObject({
    prices: 'downloads/price-list.csv',
    first: 'SKU,Price',
    second: '%PDF-',
    downloaded_files: [{ filename: 'price-list.csv' }],
  });
  expect(run.downloaded_files?.map(({ filename }) => filename)).toEqual(['price-list.csv']);
});

it.each<[string, string]>([
  ['python', 'a = 1\nb = 2\nawait page.locator("#none").click(timeout=200)'],
  ['javascript', 'const a = 1;\nconst b = 2;\nawait page.locator("#none").click({ timeout: 200 })'],
  ['typescript', 'const a: number = 1;\n\nawait page.locator("#none").click({ timeout: 200 })'],
])('says what went wrong in %s, and in which line', async (language, text) => {
  const run = await runBlocks(lapwing, [
    open('start', `${site.url}/practice`),
    code('bad', language, text),
  ]);
  expect(run.status).toBe('failed');
  expect(run.failure_reason).toMatch(/Reason: TimeoutError: .*200ms.*#none/);
  expect(run.failure_reason).toMatch(/line 3/);
});

it('fails clearly when the site closes the page under the code, and goes on in the page behind it', async () => {
  const run = await runBlocks(lapwing, [
    open('start', `${site.url}/popup`),
    script('pop', `await page.locator('#open').click(); return 1`),
    script(
      'closed',
      `await page.locator('#confirm').click(); await page.locator('#more').click()`,
      {
        continue_on_failure: true,
      },
    ),
    script('read', `return [page.url(), await page.locator('#result').innerText()]`),
  ]);
  expect(run).toMatchObject({ status: 'completed', failure_reason: null });
  expect(run.output.read_output).toEqual([`${site.url}/popup`, 'Delivery D-17 is confirmed.']);
  const rows = rowsOf(await timeline(lapwing, run.run_id));
  const closed = rows.find(({ label }) => label === 'closed');
  expect(closed?.status).toBe('failed');
  expect(closed?.failure_reason).toMatch(/Target page, context or browser has been closed/);
});

it.each<[string, string]>([
  ['python', 'print("begun")\nawait page.locator("#never").wait_for(timeout=0)'],
  ['javascript', 'console.log("begun"); for (;;);'],
  ['typescript', 'console.log("begun"); await new Promise<void>(() => {});'],
])('stops endless %s within two seconds of a cancel', async (language, text) => {
  const blocks = [open('start', `${site.url}/practice`), code('endless', language, text)];
  const runId = await startRun(lapwing, await lapwing.createWorkflow({ blocks }));
  await eventOf(lapwing, runId, ({ type, data }) => type === 'log' && data.message === 'begun');
  const canceledAt = performance.now();
  await lapwing.request('POST', `/v1/runs/${runId}/cancel`);
  const run: RunResponse = await ended(lapwing, runId);
  expect(run.status).toBe('canceled');
  const done = async () => (await timeline(lapwing, runId)).map(({ block }) => block.status);
  await expect.poll(done, { timeout: 2_000, interval: 20 }).toEqual(['canceled', 'completed']);
  // Only the one that is kept ready for the next run.
  await expect
    .poll(() => browsersOf(lapwing.directory).then(({ length }) => length), { timeout: 2_000 })
    .toBe(1);
  expect(performance.now() - canceledAt).toBeLessThan(4_000);
});
