import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Site, startSite } from '../site/site.ts';
import { open } from '../support/blocks.ts';
import { alive, type BrowserProcesses, browsersOf } from '../support/browser-processes.ts';
import {
  createServerPlace,
  type ServerPlace,
  type ServerProcess,
} from '../support/server-process.ts';

let site: Site;
let place: ServerPlace;
let directory: string;

beforeAll(async () => {
  [site, place] = await Promise.all([startSite(), createServerPlace()]);
  directory = await mkdtemp(join(tmpdir(), 'lapwing-server-life-'));
});
afterAll(async () => {
  await place.remove();
  await Promise.all([site.close(), rm(directory, { recursive: true, force: true })]);
});

const start = () =>
  place.start({
    LAPWING_DATA_DIR: directory,
    LAPWING_RECORDING: 'off',
    LAPWING_WARM_PYTHON: 'off',
    LAPWING_WARM_BROWSERS: '1',
    LAPWING_MAX_BROWSERS: '2',
    LAPWING_DRAIN_SECONDS: '0',
  });

/** Two browsers, at least one of which waits for a page of a run. */
async function busyBrowsers(server: ServerProcess): Promise<BrowserProcesses[]> {
  const before = site.count('/endless');
  const json_definition = {
    title: 'Hang',
    workflow_definition: { parameters: [], blocks: [open('hang', `${site.url}/endless`)] },
  };
  const created = await server.request('POST', '/v1/workflows', { json_definition });
  const workflow_id = created.body.workflow_permanent_id;
  await server.request('POST', '/v1/run/workflows', { workflow_id });
  await expect.poll(() => site.count('/endless'), { timeout: 20_000 }).toBeGreaterThan(before);
  await expect.poll(() => browsersOf(directory), { timeout: 10_000 }).toHaveLength(2);
  return browsersOf(directory);
}

const pids = (browsers: readonly BrowserProcesses[]) => browsers.map(({ pid }) => pid);

it('ends the spare browsers of a server that was killed at the next start, and all of its own when it is told to stop', async () => {
  const killed = await start();
  const orphans = await busyBrowsers(killed);
  killed.signal('SIGKILL');
  await killed.exited;
  // They outlive it: nobody was there to end them.
  expect(await alive(pids(orphans))).toHaveLength(2);
  const next = await start();
  // The other one is that of the run, which goes on.
  await expect.poll(() => alive(pids(orphans)), { timeout: 10_000 }).toHaveLength(1);
  const own = (await busyBrowsers(next)).flatMap(({ members }) => members);
  expect(await alive(pids(orphans))).toHaveLength(1);
  next.signal('SIGTERM');
  expect(await next.exited).toBe(0);
  expect(await alive([...own, ...pids(orphans)])).toEqual([]);
  expect(await browsersOf(directory)).toEqual([]);
});
