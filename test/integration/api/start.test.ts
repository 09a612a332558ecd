import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createDatabasePlace, type DatabasePlace, onPostgres } from '../../support/database.ts';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const readyLine = /Lapwing is ready at (http:\/\/\S+)/;
const keyLine = /API key \(shown only now; send it as x-api-key\): (\S+)/;

let place: DatabasePlace;
const stops: (() => Promise<unknown>)[] = [];

beforeEach(async () => {
  place = await createDatabasePlace();
});
afterEach(async () => {
  await Promise.all(stops.splice(0).map((stop) => stop()));
  await place.remove();
});

/** A start of `main.ts`: what it has printed, and how it went on. */
interface Start {
  output(): string;
  /** The address once it is ready; null when it ended before. */
  readonly ready: Promise<string | null>;
  readonly exited: Promise<number | null>;
  stop(): Promise<number | null>;
}

function start(settings: Record<string, string> = {}, args: string[] = []): Start {
  const env = {
    PATH: process.env.PATH,
    LAPWING_DATA_DIR: place.directory,
    LAPWING_PORT: '0',
    LAPWING_WARM_BROWSERS: '0',
    ...(place.url !== null && { DATABASE_URL: place.url }),
    ...settings,
  };
  const child = spawn(process.execPath, ['packages/server/src/main.ts', ...args], {
    cwd: root,
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let text = '';
  const { promise: ready, resolve } = Promise.withResolvers<string | null>();
  const hear = (chunk: Buffer) => {
    text += chunk.toString();
    const url = readyLine.exec(text)?.[1];
    if (url !== undefined) resolve(url);
  };
  child.stdout.on('data', hear);
  child.stderr.on('data', hear);
  const exited = once(child, 'close').then(([code]) => code as number | null);
  void exited.then(() => resolve(null));
  const stop = () => {
    child.kill('SIGTERM');
    return exited;
  };
  stops.push(stop);
  return { output: () => text, ready, exited, stop };
}

/** A start that must fail: what it says. */
async function failedStart(settings: Record<string, string>, args: string[] = []): Promise<string> {
  const server = start(settings, args);
  expect(await server.exited).toBe(1);
  expect(server.output()).toContain('Lapwing could not start:');
  expect(server.output()).not.toMatch(/^\s+at /m);
  return server.output();
}

async function takePort(): Promise<number> {
  const server = createServer();
  await once(server.listen(0, '127.0.0.1'), 'listening');
  stops.push(async () => server.close());
  const address = server.address();
  return typeof address === 'object' ? (address?.port ?? 0) : 0;
}

const statusWith = async (url: string | null, key: string): Promise<number> =>
  (await fetch(`${url}/v1/agents`, { headers: { 'x-api-key': key } })).status;

describe('a start that cannot succeed', () => {
  it('names every wrong setting, and shows no secret', async () => {
    const output = await failedStart({
      LAPWING_PORT: 'eighty',
      LAPWING_MAX_BROWSERS: '0',
      LAPWING_RECORDING: 'perhaps',
      LAPWING_API_KEY: 'hush',
    });
    for (const name of ['LAPWING_PORT="eighty"', 'LAPWING_MAX_BROWSERS="0"', 'LAPWING_RECORDING'])
      expect(output).toContain(name);
    expect(output).toContain('LAPWING_API_KEY=(hidden)');
    expect(output).not.toContain('hush');
  });

  it('names a setting that there is not', async () => {
    expect(await failedStart({ LAPWING_PROT: '1' })).toContain('LAPWING_PROT is no setting');
  });

  it('names a host that is none', async () => {
    const output = await failedStart({ LAPWING_ALLOW_HOSTS: 'a b' });
    expect(output).toContain('LAPWING_ALLOW_HOSTS: "a b"');
  });

  it('names a role that there is not', async () => {
    expect(await failedStart({}, ['boss'])).toContain('no role boss');
  });

  it('names a data folder that is a file', async () => {
    const file = join(place.directory, 'file');
    await writeFile(file, '');
    expect(await failedStart({ LAPWING_DATA_DIR: file })).toContain(file);
  });

  it('names a database that is not reached', async () => {
    const url = 'postgres://user:hush@127.0.0.1:1/nothing';
    const output = await failedStart({ DATABASE_URL: url });
    expect(output).toContain('127.0.0.1:1');
    expect(output).not.toContain('hush');
  });

  it('names a port that is taken, and shows the key at the next start', async () => {
    const port = await takePort();
    const output = await failedStart({ LAPWING_PORT: String(port) });
    expect(output).toMatch(new RegExp(`EADDRINUSE.*127\\.0\\.0\\.1:${port}`));
    expect(output).not.toMatch(keyLine);
    const next = start();
    const url = await next.ready;
    expect(await statusWith(url, keyLine.exec(next.output())?.[1] ?? '')).toBe(200);
  });

  it.skipIf(onPostgres)('names the process that uses the data folder', async () => {
    const first = start();
    expect(await first.ready).not.toBeNull();
    const output = await failedStart({});
    expect(output).toContain(place.directory);
    expect(output).toMatch(/in use by process \d+/);
  });
});

describe('the API key', () => {
  it('is made and shown at the first start, works, and is not shown again', async () => {
    const first = start();
    const url = await first.ready;
    const key = keyLine.exec(first.output())?.[1] ?? '';
    expect(key).toMatch(/^lw_[\w-]{43}$/);
    expect(await statusWith(url, key)).toBe(200);
    expect(await first.stop()).toBe(0);
    const second = start();
    const secondUrl = await second.ready;
    expect(second.output()).not.toMatch(keyLine);
    expect(await statusWith(secondUrl, key)).toBe(200);
  });

  it('that is preset works from the first request on and is never shown', async () => {
    const key = 'preset-key-0123456789';
    const server = start({ LAPWING_API_KEY: key });
    expect(await statusWith(await server.ready, key)).toBe(200);
    expect(server.output()).not.toContain(key);
  });
});

describe('a start', () => {
  it('answers soon', async () => {
    for (const name of ['first', 'second']) {
      const begun = performance.now();
      const server = start();
      const url = await server.ready;
      expect((await fetch(`${url}/health`)).status).toBe(200);
      const seconds = (performance.now() - begun) / 1000;
      console.log(`${name} start, from the process to the first answer: ${seconds.toFixed(2)} s`);
      expect(await server.stop()).toBe(0);
    }
  });
});
