import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { lockDataDirectory } from '../../../packages/server/src/db/data-lock.ts';

let directory: string;
let path: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'lapwing-lock-'));
  path = join(directory, 'lock');
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

/** A process that takes the lock and holds it until it is killed. */
async function holderProcess() {
  const module = new URL('../../../packages/server/src/db/data-lock.ts', import.meta.url).href;
  const script = `
    const { lockDataDirectory } = await import(${JSON.stringify(module)});
    lockDataDirectory(${JSON.stringify(directory)});
    setInterval(() => {}, 1000);
    process.stdout.write('held');`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(child.stdout, 'data');
  return child;
}

const writeLock = (holder: object) => writeFileSync(path, JSON.stringify(holder));

it('refuses a second start, naming the directory, the process and what to do', async () => {
  const holder = await holderProcess();
  try {
    expect(() => lockDataDirectory(directory)).toThrow(
      `The data directory ${directory} is in use by process ${holder.pid} on ${hostname()}. Stop that process first`,
    );
  } finally {
    holder.kill('SIGKILL');
    await once(holder, 'exit');
  }
});

it('takes over the lock of a process that was killed', async () => {
  const holder = await holderProcess();
  holder.kill('SIGKILL');
  await once(holder, 'exit');
  const lock = lockDataDirectory(directory);
  expect(JSON.parse(readFileSync(path, 'utf8'))).toMatchObject({ pid: process.pid });
  lock.release();
  expect(existsSync(path)).toBe(false);
});

it('refuses a second start in the same process', () => {
  const lock = lockDataDirectory(directory);
  expect(() => lockDataDirectory(directory)).toThrow(`in use by process ${process.pid}`);
  lock.release();
  lockDataDirectory(directory).release();
});

it.runIf(process.platform === 'linux')(
  'is not taken in by another process that was given the pid of the dead one',
  () => {
    writeLock({ pid: process.pid, host: hostname(), processStart: 'long ago', token: 'x' });
    lockDataDirectory(directory).release();
  },
);

it('respects the lock of another machine as long as it is being touched', () => {
  writeLock({ pid: 1, host: 'elsewhere', processStart: null, token: 'x' });
  expect(() => lockDataDirectory(directory)).toThrow('in use by process 1 on elsewhere');
  const aMinuteAgo = new Date(Date.now() - 60_000);
  utimesSync(path, aMinuteAgo, aMinuteAgo);
  lockDataDirectory(directory).release();
});

it('takes over a lock that was never written whole', () => {
  writeFileSync(path, '{"pid": 12');
  lockDataDirectory(directory).release();
});

it('leaves alone a lock that somebody else took over meanwhile', () => {
  const lock = lockDataDirectory(directory);
  writeLock({ pid: 1, host: 'elsewhere', processStart: null, token: 'theirs' });
  lock.release();
  expect(existsSync(path)).toBe(true);
});
