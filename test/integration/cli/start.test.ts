import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createDatabasePlace, type DatabasePlace } from '../../support/database.ts';
import { lapwingCommand } from './support.ts';

let place: DatabasePlace;
beforeAll(async () => {
  place = await createDatabasePlace();
});
afterAll(() => place.remove());

const program = fileURLToPath(new URL('../../../packages/cli/src/main.ts', import.meta.url));

it('start runs a server until it is told to stop', async () => {
  // An API by itself wants a server for its database.
  const role = place.url === null ? 'all' : 'api';
  const child = spawn(process.execPath, [program, 'start', role], {
    env: {
      PATH: process.env.PATH,
      LAPWING_DATA_DIR: place.directory,
      LAPWING_PORT: '0',
      LAPWING_URL: 'http://127.0.0.1:1',
      ...(place.url !== null && { DATABASE_URL: place.url }),
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = new Promise((resolve) => child.once('close', resolve));
  const url = await new Promise<string>((resolve) => {
    let seen = '';
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      seen += chunk;
      const found = /ready at (\S+)/.exec(seen)?.[1];
      if (found !== undefined) resolve(found);
    });
  });
  expect((await fetch(`${url}/v1/version`)).status).toBe(200);
  child.kill('SIGTERM');
  expect(await ended).toBe(0);
});

it('start refuses a role that there is not', async () => {
  const answer = await lapwingCommand(['start', 'cook'], {});
  expect([answer.code, answer.stderr]).toEqual([1, expect.stringContaining('no role cook')]);
});
