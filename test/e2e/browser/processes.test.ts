import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, readdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import { expect, it, onTestFinished } from 'vitest';
import { BrowserUnavailable } from '../../../packages/server/src/browser/failures.ts';
import { reapOrphans } from '../../../packages/server/src/browser/orphans.ts';
import { BrowserPool } from '../../../packages/server/src/browser/pool.ts';
import { readRecord } from '../../../packages/server/src/browser/process-record.ts';
import { RunBrowser } from '../../../packages/server/src/browser/run-browser.ts';
import { groupMembers, launcher, serve, signal, startRun, temporaryFolder } from './support.ts';

const log = () => {};
const noOpenRuns = async () => new Map();

it('serves runs from a pool, and closing the pool leaves nothing behind', async () => {
  const site = await serve({ '/': '<h1>Hello</h1>' });
  const { directory, settings, launcher: starter } = await launcher();
  const pids: number[] = [];
  const pool = new BrowserPool({
    max: 2,
    warm: 1,
    launch: async (stop) => {
      const browser = await starter.launch(stop);
      pids.push(browser.pid);
      return browser;
    },
    log,
  });
  onTestFinished(() => pool.close());
  const run = async () => {
    const browser = new RunBrowser({
      source: {
        kind: 'local',
        acquire: async (stop) => ({ lease: await pool.acquire(stop), living: false }),
      },
      settings,
      directory: await temporaryFolder(),
      extraHttpHeaders: {},
      record: false,
      guardUrl: async () => {},
      log,
      onDownload: () => {},
      state: null,
    });
    await browser.goto(site, signal);
    expect(pool.alive).toBeLessThanOrEqual(2);
    return browser;
  };
  const first = await run();
  const second = await run();
  await first.close();
  await second.close();
  const third = await run();
  await pool.close();
  await expect(third.goto(site, signal)).rejects.toThrow('crashed or was ended');
  await third.close();
  expect(pids.length).toBeGreaterThanOrEqual(3);
  expect((await Promise.all(pids.map(groupMembers))).flat()).toEqual([]);
  expect(await readdir(directory)).toEqual([]);
});

it('replaces a warm browser that was killed', async () => {
  const { directory, launcher: starter } = await launcher();
  const started: number[] = [];
  const launch = async (stop: AbortSignal) => {
    const browser = await starter.launch(stop);
    started.push(browser.pid);
    return browser;
  };
  const pool = new BrowserPool({ max: 2, warm: 1, launch, log });
  onTestFinished(() => pool.close());
  await expect.poll(() => pool.ready, { timeout: 10_000 }).toBe(1);
  process.kill(-(started[0] ?? Number.NaN), 'SIGKILL');
  await expect.poll(() => started.length, { timeout: 10_000 }).toBe(2);
  const lease = await pool.acquire(signal);
  expect(lease.browser.pid).toBe(started[1]);
  await lease.release();
  await pool.close();
  expect(await readdir(directory)).toEqual([]);
});

it('finds and ends the browsers of a process that was killed, and spares those of the living', async () => {
  const { directory, launcher: starter } = await launcher();
  const living = await starter.launch(signal);
  onTestFinished(() => living.end());
  const script = `
    const { BrowserLauncher } = await import(process.argv[1]);
    const settings = JSON.parse(process.argv[2]);
    const browser = await new BrowserLauncher(settings, process.env).launch(new AbortController().signal);
    console.log(browser.pid);
    setInterval(() => {}, 1000);`;
  const module = new URL('../../../packages/server/src/browser/launcher.ts', import.meta.url).href;
  const { settings } = await launcher({ directory });
  const worker = spawn(
    process.execPath,
    ['--input-type=module', '-e', script, module, JSON.stringify(settings)],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  const [output] = await once(worker.stdout, 'data');
  const orphan = Number(String(output));
  worker.kill('SIGKILL');
  await once(worker, 'exit');
  expect((await groupMembers(orphan)).length).toBeGreaterThan(2);
  const names = await readdir(directory);
  const records = await Promise.all(names.map((name) => readRecord(join(directory, name))));
  const url = records.find((record) => record?.pid === orphan)?.cdpUrl ?? '';
  const found = await chromium.connectOverCDP(url);
  expect(found.contexts()[0]?.pages()[0]?.url()).toBe('about:blank');
  await found.close();
  expect(await reapOrphans(directory, noOpenRuns)).toBe(1);
  await expect.poll(() => groupMembers(orphan)).toEqual([]);
  expect((await groupMembers(living.pid)).length).toBeGreaterThan(2);
  expect(await readdir(directory)).toHaveLength(1);
  expect(await reapOrphans(directory, noOpenRuns)).toBe(0);
});

it('leaves a remote browser running, with the tabs of its user', async () => {
  const site = await serve({
    '/': '<a target="_blank" href="/tab">x</a>',
    '/tab': '<title>Tab</title>',
    '/theirs': '<script>console.log("not ours")</script>',
  });
  const { launcher: starter } = await launcher();
  const remote = await starter.launch(signal);
  onTestFinished(() => remote.end());
  const user = await chromium.connectOverCDP(remote.cdpUrl);
  const theirs = user.contexts()[0]?.pages()[0];
  await theirs?.goto(`${site}/theirs`);
  await theirs?.context().addCookies([{ name: 'user', value: 'ada', url: site }]);
  const run = await startRun({
    record: true,
    source: {
      kind: 'remote',
      address: remote.cdpUrl.replace(/^ws(.*?\d)\/.*$/, 'http$1'),
      headers: { 'x-k': '1' },
    },
  });
  await run.browser.goto(site, signal);
  expect(await run.browser.use((page) => page.evaluate(() => document.cookie), signal)).toBe(
    'user=ada',
  );
  await run.browser.use(
    (page) => Promise.all([page.waitForEvent('popup'), page.click('a')]),
    signal,
  );
  expect(run.browser.currentUrl()).toBe(`${site}/tab`);
  const files = await run.browser.close();
  expect(files.recording).not.toBeNull();
  expect(files.consoleLog).toBeNull();
  expect((await groupMembers(remote.pid)).length).toBeGreaterThan(2);
  expect(theirs?.url()).toBe(`${site}/theirs`);
  await expect.poll(() => user.contexts()[0]?.pages().length).toBe(1);
  await user.close();
});

it('keeps a process that shuts down alive until its browser has ended, and not a moment longer', async () => {
  const { directory, settings } = await launcher();
  const script = `
    const { BrowserLauncher } = await import(process.argv[1]);
    const settings = JSON.parse(process.argv[2]);
    const signal = new AbortController().signal;
    const starter = new BrowserLauncher(settings, process.env);
    const [first, second] = [await starter.launch(signal), await starter.launch(signal)];
    await first.end();
    console.log(second.pid);`;
  const module = new URL('../../../packages/server/src/browser/launcher.ts', import.meta.url).href;
  const worker = spawn(
    process.execPath,
    ['--input-type=module', '-e', script, module, JSON.stringify(settings)],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  const [output] = await once(worker.stdout, 'data');
  if (worker.exitCode === null) await once(worker, 'exit');
  expect(worker.exitCode).toBe(0);
  expect((await groupMembers(Number(String(output)))).length).toBeGreaterThan(2);
  expect(await reapOrphans(directory, noOpenRuns)).toBe(1);
});

it('says what is wrong when no browser can be started', async () => {
  const folder = await temporaryFolder();
  const missing = await launcher({ executablePath: join(folder, 'nothing') });
  await expect(missing.launcher.launch(signal)).rejects.toThrow(
    'is missing or may not be executed',
  );
  const broken = join(folder, 'broken');
  await writeFile(broken, '#!/bin/sh\necho "no display" >&2\nexit 3\n');
  await chmod(broken, 0o755);
  const failing = await launcher({ executablePath: broken });
  await expect(failing.launcher.launch(signal)).rejects.toThrow(BrowserUnavailable);
  await expect(failing.launcher.launch(signal)).rejects.toThrow('It said: no display');
  expect(await readdir(failing.directory)).toEqual([]);
});

it('refuses a browser that draws no text', async () => {
  const folder = await temporaryFolder();
  const fontless = join(folder, 'fonts.conf');
  await writeFile(fontless, '<?xml version="1.0"?><fontconfig></fontconfig>');
  const found = (await launcher()).settings;
  expect(found.executablePath).toBeNull();
  const { BrowserLauncher } = await import('../../../packages/server/src/browser/launcher.ts');
  const starter = new BrowserLauncher(
    { ...found, directory: join(folder, 'browsers') },
    { ...process.env, FONTCONFIG_FILE: fontless },
  );
  await expect(starter.launch(signal)).rejects.toThrow('draws no text');
  expect(await readdir(join(folder, 'browsers'))).toEqual([]);
});

it('starts a browser through a link of any name', async () => {
  const folder = await temporaryFolder();
  const { findExecutable } = await import('../../../packages/server/src/browser/executable.ts');
  const { settings } = await launcher();
  const found = await findExecutable(settings, process.env.PATH);
  await symlink(found.path, join(folder, 'my-browser'));
  const linked = await launcher({ executablePath: join(folder, 'my-browser') });
  const browser = await linked.launcher.launch(signal);
  await browser.end();
  expect(await groupMembers(browser.pid)).toEqual([]);
});
