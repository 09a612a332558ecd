import { expect, it, onTestFinished } from 'vitest';
import { reapOrphans } from '../../../packages/server/src/browser/orphans.ts';
import { adoptBrowser, type BrowserProcess } from '../../../packages/server/src/browser/process.ts';
import { currentOwner, readRecord } from '../../../packages/server/src/browser/process-record.ts';
import { groupMembers, launcher, serve, signal, startRun } from './support.ts';

const counting = `<title>Counter</title><script>window.count = 0; setInterval(() => count++, 20)</script>
  <a target="_blank" href="/tab">tab</a>`;

/** A browser that a worker has left in the middle of a run, with what its tabs were. */
async function leftBrowser() {
  const site = await serve({ '/': counting, '/tab': '<title>Tab</title>', '/late': 'late' });
  const { launcher: starter, directory } = await launcher();
  const process = await starter.launch(signal);
  onTestFinished(() => process.end());
  await process.giveTo('wr_1');
  const lease = { browser: process, release: () => process.end(), leave: () => {} };
  const first = await startRun({
    source: { kind: 'local', acquire: async () => ({ lease, living: false }) },
  });
  await first.browser.goto(site, signal);
  await first.browser.use(
    (page) => Promise.all([page.waitForEvent('popup'), page.click('a')]),
    signal,
  );
  await first.browser.use((page) => page.waitForURL('**/tab'), signal);
  await first.browser.use(
    (page) => page.evaluate(() => Object.assign(document, { title: 'Mine' }).title),
    signal,
  );
  const state = JSON.parse((await first.browser.changedState()) ?? '');
  return { first, process, directory, state, site };
}

const runIn = (browser: BrowserProcess, options: object) => {
  const lease = { browser, release: () => browser.end(), leave: () => {} };
  return startRun({
    source: { kind: 'local', acquire: async () => ({ lease, living: true }) },
    ...options,
  });
};

it('goes on in the browser that another worker has left, its tabs and their scripts as they were', async () => {
  const { first, process, state } = await leftBrowser();
  await first.browser.leave();
  expect((await readRecord(process.userDataDirectory))?.owner.pid).toBe(0);
  const adopted = await adoptBrowser(process.place, await currentOwner(), 'wr_1');
  if (adopted === null) throw new Error('The browser was not found');
  const second = await runIn(adopted, { state });
  await second.browser.open(signal);
  expect(await second.browser.use((page) => page.title(), signal)).toBe('Mine');
  expect(second.logged).toContain('info: The run goes on in its browser, which still runs.');
  // The tab that opened it lies behind it.
  await second.browser.use((page) => page.close(), signal);
  const count = () =>
    second.browser.use((page) => page.evaluate(() => Reflect.get(window, 'count')), signal);
  const before = await count();
  expect(before).toBeGreaterThan(0);
  await expect.poll(count).toBeGreaterThan(before);
  await second.browser.close();
  await expect.poll(() => groupMembers(process.pid)).toEqual([]);
});

it('keeps the browser of a run that may be taken up again, and ends it when the run has gone elsewhere', async () => {
  const { first, process, directory } = await leftBrowser();
  await first.browser.leave();
  const open = (userDataDirectory: string) => async () =>
    new Map([['wr_1', { userDataDirectory }]]);
  expect(await reapOrphans(directory, open(process.userDataDirectory))).toBe(0);
  expect((await groupMembers(process.pid)).length).toBeGreaterThan(2);
  expect(await reapOrphans(directory, open('elsewhere'))).toBe(1);
  await expect.poll(() => groupMembers(process.pid)).toEqual([]);
});

it('does not take over what is no browser of this machine, or has ended', async () => {
  const { first, process } = await leftBrowser();
  await first.browser.leave();
  const owner = await currentOwner();
  expect(await adoptBrowser({ ...process.place, host: 'other' }, owner, 'wr_1')).toBeNull();
  expect(await adoptBrowser({ ...process.place, pid: 1 }, owner, 'wr_1')).toBeNull();
  await process.end();
  expect(await adoptBrowser(process.place, owner, 'wr_1')).toBeNull();
});
