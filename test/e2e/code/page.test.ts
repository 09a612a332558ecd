import { existsSync } from 'node:fs';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { PageRpc } from '../../../packages/server/src/browser/page-rpc/page-rpc.ts';
import type { Language } from '../../../packages/server/src/sandbox/code-result.ts';
import { Sandbox } from '../../../packages/server/src/sandbox/sandbox.ts';
import { startSite } from './site.ts';

const executablePath = ['/usr/bin/chromium-headless-shell', '/usr/bin/chromium'].find(existsSync);
const sandbox = new Sandbox({ maxChildren: 4 });
let site: Awaited<ReturnType<typeof startSite>>;
let browser: Browser;
let page: Page;
let actions: string[] = [];
/** Resolved by tests in place of the run's files, which a download arrives in. */
let kept = Promise.withResolvers<string>();
/** What helpers asked for a code. */
let asked: string[] = [];

beforeAll(async () => {
  site = await startSite();
  const args = ['--no-sandbox', '--disable-gpu', '--disable-background-networking'];
  browser = await chromium.launch(executablePath === undefined ? {} : { executablePath, args });
});
afterAll(async () => {
  await sandbox.close();
  await browser.close();
  site.close();
});
beforeEach(async () => {
  actions = [];
  asked = [];
  kept = Promise.withResolvers();
  page = await browser.newPage();
  await page.goto(`${site.base}/start`);
});
afterEach(() => page.context().close());

async function run(language: Language, code: string, timeoutMs = 20_000) {
  const { signal } = new AbortController();
  const rpc = new PageRpc({
    getPage: async () => page,
    guardUrl: async (url) => {
      if (!url.startsWith(site.base)) throw new Error(`The address ${url} is not allowed.`);
    },
    readFile: async (path) => {
      if (path !== 'inputs/a.txt') throw new Error(`No permission to access local file: ${path}`);
      return { name: 'a.txt', mimeType: 'text/plain', buffer: Buffer.from('FETCHED') };
    },
    nextDownload: (stop) =>
      new Promise((resolve, reject) => {
        kept.promise.then(resolve, reject);
        stop.addEventListener('abort', () => reject(stop.reason));
      }),
    oneTimeCode: async (kind, { timeoutMs }) => {
      asked.push(`${kind} ${timeoutMs}`);
      if (timeoutMs === 1) {
        throw Object.assign(new Error('No code came.'), { name: 'Terminated' });
      }
      return kind === 'link' ? `${site.base}/other?link` : '123456';
    },
    signal,
    onAction: (description) => actions.push(description),
  });
  const variables = { base: site.base };
  return sandbox.run({
    language,
    code,
    variables,
    credentials: { login: { username: 'ann' } },
    timeoutMs,
    page: rpc,
    onLog: () => undefined,
    signal,
  });
}

/** What both spellings of the same story must give. */
const story = () => ({
  status: [200, true],
  url: `${site.base}/start?again`,
  name: 'Ann',
  items: ['alpha', 'beta'],
  filtered: 'beta',
  each: ['alpha', 'beta'],
  size: '2',
  agree: true,
  evaluated: [5, 'Start', 'beta'],
  inner: ['inside', 'inside'],
  frames: ['', 'inner'],
  download: ['orders.csv', `${site.base}/orders.csv`],
  popup: [`${site.base}/other`, 2],
  png: 'iVBOR',
  uploaded: 'FILE',
  end: `${site.base}/other?from=button`,
});

it('does the whole story in JavaScript', async () => {
  const result = await run(
    'javascript',
    `const out = {};
    const response = await page.goto(base + '/start?again', { waitUntil: 'load' });
    out.status = [response.status(), response.ok()];
    out.url = page.url();
    await page.locator('#name').fill('Ann');
    out.name = await page.getByLabel('Name').inputValue();
    const items = page.locator('li');
    out.items = await items.allInnerTexts();
    out.filtered = await items.filter({ hasText: /BETA/i }).first().innerText();
    out.each = [];
    for (const item of await items.all()) out.each.push(await item.innerText());
    await page.selectOption('#size', { label: 'Two' });
    out.size = await page.locator('#size').inputValue();
    await page.check('#agree');
    out.agree = await page.isChecked('#agree');
    out.evaluated = [await page.evaluate((x) => x.n + 1, { n: 4 }), await page.evaluate('document.title'),
      await items.last().evaluate((element) => element.textContent)];
    out.inner = [await page.frameLocator('iframe').locator('#p').innerText(), await page.frame('inner').innerText('#p')];
    out.frames = page.frames().map((frame) => frame.name());
    const [download] = await Promise.all([page.waitForEvent('download'), page.click('#csv')]);
    out.download = [download.suggestedFilename(), download.url()];
    const [popup] = await Promise.all([page.waitForEvent('popup'), page.click('#popup')]);
    await popup.waitForLoadState();
    out.popup = [popup.url(), page.context().pages().length];
    await popup.close();
    out.png = (await page.screenshot()).toString('base64').slice(0, 5);
    await page.setInputFiles('#file', { name: 'a.txt', mimeType: 'text/plain', buffer: Buffer.from('FILE') });
    await page.waitForFunction(() => document.title === 'FILE');
    out.uploaded = await page.title();
    await page.getByRole('button', { name: 'Go' }).click();
    await page.waitForURL('**/other?*');
    out.end = page.url();
    return out;`,
  );
  expect(result).toEqual({ kind: 'returned', value: story() });
});

it('does the whole story in Python', async () => {
  const result = await run(
    'python',
    `out = {}
response = await page.goto(url=base + "/start?again", wait_until="load")
out["status"] = [response.status, response.ok]
out["url"] = page.url
await page.locator("#name").fill("Ann")
out["name"] = await page.get_by_label("Name").input_value()
items = page.locator("li")
out["items"] = await items.all_inner_texts()
out["filtered"] = await items.filter(has_text=re.compile("BETA", re.I)).first.inner_text()
out["each"] = [await item.inner_text() for item in await items.all()]
await page.select_option("#size", label="Two")
out["size"] = await page.locator("#size").input_value()
await page.check("#agree")
out["agree"] = await page.is_checked("#agree")
out["evaluated"] = [await page.evaluate("x => x.n + 1", {"n": 4}), await page.evaluate("document.title"),
    await items.last.evaluate("element => element.textContent")]
out["inner"] = [await page.frame_locator("iframe").locator("#p").inner_text(), await page.frame(name="inner").inner_text("#p")]
out["frames"] = [frame.name for frame in page.frames]
async with page.expect_download() as download_info:
    await page.click("#csv")
download = await download_info.value
out["download"] = [download.suggested_filename, download.url]
async with page.expect_popup() as popup_info:
    await page.click("#popup")
popup = await popup_info.value
await popup.wait_for_load_state()
out["popup"] = [popup.url, len(page.context.pages)]
await popup.close()
load = getattr(json.codecs.builtins, "__imp" + "ort__")
out["png"] = load("base64").b64encode(await page.screenshot(full_page=True)).decode()[:5]
await page.set_input_files("#file", {"name": "a.txt", "mimeType": "text/plain", "buffer": b"FILE"})
await page.wait_for_function("() => document.title === 'FILE'")
out["uploaded"] = await page.title()
await page.get_by_role("button", name="Go").click()
await page.wait_for_url(re.compile(r"other\\?"))
out["end"] = page.url
return out`,
  );
  expect(result).toEqual({ kind: 'returned', value: story() });
});

it.each<[Language, string, string, string]>([
  [
    'javascript',
    'await page.locator("#none").click({ timeout: 200 })',
    'TimeoutError',
    "locator.click: Timeout 200ms exceeded. (waiting for locator('#none'))",
  ],
  [
    'python',
    'await page.locator("#none").click(timeout=200)',
    'TimeoutError',
    "locator.click: Timeout 200ms exceeded. (waiting for locator('#none'))",
  ],
  [
    'javascript',
    'await page.goto("file:///etc/passwd")',
    'Error',
    'The address file:///etc/passwd is not allowed.',
  ],
  [
    'python',
    'await page.goto("http://169.254.169.254/")',
    'Error',
    'The address http://169.254.169.254/ is not allowed.',
  ],
  ['javascript', 'await page.route("**", () => 1)', 'TypeError', 'page.route is not a function'],
  [
    'python',
    'await page.route("**", None)',
    'AttributeError',
    "'Page' object has no attribute 'route'",
  ],
  [
    'javascript',
    'await page.screenshot({ path: "x.png" })',
    'TypeError',
    'Page.screenshot has no option path.',
  ],
  [
    'python',
    'await page.screenshot(path="x.png")',
    'TypeError',
    "Page.screenshot() got an unexpected keyword argument 'path'",
  ],
  [
    'javascript',
    'await page.setInputFiles("#file", "/etc/passwd")',
    'Error',
    'No permission to access local file: /etc/passwd',
  ],
  ['javascript', 'await page.close()', 'TypeError', "The run's only page cannot be closed."],
  [
    'javascript',
    'await page.waitForEvent("dialog")',
    'TypeError',
    'Only the events download and popup can be awaited.',
  ],
])('names what went wrong in %s: %s', async (language, code, type, message) => {
  expect(await run(language, code)).toEqual({ kind: 'raised', type, message, line: 1 });
});

it('lets Python catch the TimeoutError of the page', async () => {
  const code =
    'try:\n    await page.locator("#none").click(timeout=200)\nexcept TimeoutError:\n    return "caught"';
  expect(await run('python', code)).toEqual({ kind: 'returned', value: 'caught' });
});

it('sees an address that changes while the code only waits', async () => {
  const code = `await page.getByText('Go').click();
    while (!page.url().includes('other')) await sleep(0.02);
    return page.url()`;
  expect(await run('typescript', code, 5000)).toEqual({
    kind: 'returned',
    value: `${site.base}/other?from=button`,
  });
});

it('takes back what the code still waits for when it ends', async () => {
  await run('javascript', 'void page.locator("#later").click(); await page.title()');
  await page.evaluate(() => {
    document.body.insertAdjacentHTML('beforeend', '<p id="later">later</p>');
    document.querySelector('#later')?.addEventListener('click', () => {
      document.title = 'clicked';
    });
  });
  await page.locator('#later').hover();
  await page.waitForFunction(() => new Promise((resolve) => setTimeout(() => resolve(true), 300)));
  expect(await page.title()).toBe('Start');
});

it('ends calls of the page at the time limit of the code', async () => {
  const result = await run('python', 'while True: await page.title()', 300);
  expect(result).toMatchObject({ kind: 'limit', limit: 'time' });
  expect(await page.title()).toBe('Start');
});

it('tells of actions by where they go, never by what is typed', async () => {
  await run(
    'javascript',
    `await page.getByLabel('Name').fill('secret'); await page.keyboard.type('secret'); await page.title()`,
  );
  expect(actions).toEqual(['page.getByLabel("Name").fill', 'page.keyboard.type']);
});

it('keeps a pattern of the code from holding up this process', async () => {
  const code = `await page.evaluate((hash) => { location.hash = hash }, 'a'.repeat(40));
    await page.waitForURL(/#(a+)+!$/, { timeout: 500 })`;
  const started = performance.now();
  await run('javascript', code, 1500);
  expect(performance.now() - started).toBeLessThan(8000);
});

it.each<[Language, string]>([
  ['python', 'await page.locator("#file").set_input_files("inputs/a.txt")'],
  ['javascript', 'await page.setInputFiles("#file", ["inputs/a.txt"])'],
])('puts a file of the run into a field from %s by its path', async (language, code) => {
  expect(await run(language, code)).toMatchObject({ kind: 'returned' });
  await page.waitForFunction(() => document.title === 'FETCHED');
});

it.each<[Language, string]>([
  ['python', 'path = await click_and_claim_download("#csv")'],
  ['python', 'path = await click_and_claim_download(page, "#csv", timeout=60000)'],
  ['python', 'path = await click_and_claim_download(page.locator("#csv"))'],
  ['javascript', 'return { path: await clickAndClaimDownload(page.locator("#csv")) }'],
])('clicks and waits until the file is kept: %s %s', async (language, code) => {
  page.on('download', (download) => kept.resolve(`downloads/${download.suggestedFilename()}`));
  expect(await run(language, code)).toEqual({
    kind: 'returned',
    value: { path: 'downloads/orders.csv' },
  });
  expect(actions).toEqual(['helpers.clickAndClaimDownload']);
});

it('says that no file came, and what became of one that broke', async () => {
  expect(await run('python', 'await click_and_claim_download("h1", timeout=3000)')).toMatchObject({
    type: 'TimeoutError',
    message: 'No file came within 3 seconds.',
  });
  await page.setContent('<a href="/broken.csv" download>Broken</a>');
  expect(await run('python', 'await click_and_claim_download("a")')).toMatchObject({
    type: 'Error',
    message: expect.stringMatching(/^The download of broken\.csv failed: /),
  });
  expect(await run('python', 'await click_and_claim_download(page, 3)')).toMatchObject({
    type: 'TypeError',
    message: 'The thing to click must be a locator or a selector.',
  });
});

const captcha = `<div class="cf-turnstile" style="width: 300px; height: 65px">
  <input type="hidden" name="cf-turnstile-response"></div>`;

it('waits for a captcha that lets the browser through, and minds none that is not there', async () => {
  expect(await run('python', 'return await solve_captcha()')).toMatchObject({ value: true });
  await page.setContent(`${captcha}<script>setTimeout(() => {
    document.querySelector('input').value = 'answer' }, 300)</script>`);
  expect(await run('javascript', 'return await solveCaptcha(page)')).toMatchObject({ value: true });
});

it('says which captcha stays', async () => {
  await page.setContent(captcha);
  expect(await run('python', 'await solve_captcha(page, timeout=300)')).toMatchObject({
    kind: 'raised',
    type: 'Error',
    message:
      'The page shows a captcha (Turnstile) that was not solved within 0.3 seconds: this server has no solver.',
  });
});

it.each<[Language, string]>([
  [
    'python',
    'code = [await otp(), await login.otp(timeout=5)]\nawait login.magic_link(page)\nurl = page.url',
  ],
  [
    'javascript',
    `const code = [await otp(), await login.otp({ timeout: 5 })];
    await login.magicLink(page);
    return { code, url: page.url() }`,
  ],
])('gets one-time codes and follows magic links in %s', async (language, code) => {
  expect(await run(language, code)).toEqual({
    kind: 'returned',
    value: { code: ['123456', '123456'], url: `${site.base}/other?link` },
  });
  expect(asked).toEqual(['code undefined', 'code 5', 'link undefined']);
});

it.each<[Language, string, string]>([
  ['python', 'await otp(timeout=1)', 'terminated'],
  ['javascript', 'await otp({ timeout: 1 })', 'terminated'],
  ['python', 'try: await otp(timeout=1)\nexcept Exception: return 1', 'returned'],
])(
  'ends in %s when a helper gives up, unless the code goes on: %s',
  async (language, code, kind) => {
    expect(await run(language, code)).toMatchObject({ kind });
  },
);

it('lets code use the names of helpers for its own variables', async () => {
  const code = 'otp = 5\nsolve_captcha = otp';
  expect(await run('python', code)).toEqual({
    kind: 'returned',
    value: { otp: 5, solve_captcha: 5 },
  });
});
