import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Site, startSite } from '../site/site.ts';
import { open } from '../support/blocks.ts';
import { alive, browsersOf } from '../support/browser-processes.ts';
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

/** Two browsers: that of a run which waits for a page, and one that is kept ready. */
async function busyBrowsers(server: ServerProcess): Promise<{ runId: string; members: number[] }> {
  const before = site.count('/endless');
  const json_definition = {
    title: 'Hang',
    workflow_definition: { parameters: [], blocks: [open('hang', `${site.url}/endless`)] },
  };
  const created = await server.request('POST', '/v1/workflows', { json_definition });
  const workflow_id = created.body.workflow_permanent_id;
  const { body } = await server.request('POST', '/v1/run/workflows', { workflow_id });
  await expect.poll(() => site.count('/endless'), { timeout: 20_000 }).toBeGreaterThan(before);
  await expect.poll(() => browsersOf(directory), { timeout: 10_000 }).toHaveLength(2);
  const members = (await browsersOf(directory)).flatMap((browser) => browser.members);
  return { runId: body.run_id, members };
}

it('ends the browsers of a server that was killed when the next one starts', async () => {
  console.log('s', performance.now());  const killed = await start();console.log('t', performance.now());
  const { members } = await busyBrowsers(killed);
  killed.signal('SIGKILL');
  await killed.exited;
  // They outlive it: nobody was there to end them.
  expect((await alive(members)).length).toBeGreaterThan(4);
  console.log('k', performance.now());const next = await start();console.log('n', performance.now());
  await expect.poll(() => alive(members), { timeout: 5_000 }).toEqual([]);
  console.log('e', performance.now());next.signal('SIGTERM');
  expect(await next.exited).toBe(0);
});

it('leaves no browser when it is told to stop in the middle of a run', async () => {
  const server = await start();
  const { members } = await busyBrowsers(server);
  server.signal('SIGTERM');
  expect(await server.exited).toBe(0);
  expect(await alive(members)).toEqual([]);
  expect(await browsersOf(directory)).toEqual([]);
});
