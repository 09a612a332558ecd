import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { root } from './places.mjs';
import { fail, say } from './terminal.mjs';

const folder = join(root, '.setup');
const path = join(folder, 'lock');
const longestMs = 20 * 60_000;

/** Runs `work` while no other set-up of this checkout does. A lock whose process is gone does not count. */
export async function withLock(work) {
  mkdirSync(folder, { recursive: true });
  await acquire();
  const release = () => rmSync(path, { force: true });
  process.once('exit', release);
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.once(signal, () => process.exit(1));
  await work();
  process.off('exit', release);
  release();
}

async function acquire() {
  const deadline = Date.now() + longestMs;
  let waitsFor = null;
  while (!tryAcquire()) {
    const owner = readOwner(path);
    if (owner !== null && !isAlive(owner)) {
      breakLock(owner);
      continue;
    }
    if (owner !== waitsFor) say(`Another set-up is at work (process ${owner}); waiting for it …`);
    waitsFor = owner;
    if (Date.now() > deadline) fail(`It has not ended for 20 minutes. If it hangs, remove ${path}`);
    await sleep(200);
  }
}

/** The lock appears with its content, so that nobody reads an empty one. */
function tryAcquire() {
  const own = join(folder, `lock.${process.pid}`);
  writeFileSync(own, String(process.pid));
  try {
    linkSync(own, path);
    return true;
  } catch (error) {
    if (error.code === 'EEXIST') return false;
    throw error;
  } finally {
    rmSync(own, { force: true });
  }
}

function readOwner(file) {
  try {
    return Number(readFileSync(file, 'utf8'));
  } catch {
    return null;
  }
}

/** Takes a dead lock away; when another process has meanwhile put its own there, that one is put back. */
function breakLock(owner) {
  const taken = join(folder, `broken.${process.pid}`);
  try {
    renameSync(path, taken);
    if (readOwner(taken) !== owner) linkSync(taken, path);
  } catch (error) {
    if (error.code !== 'ENOENT' && error.code !== 'EEXIST') throw error;
  } finally {
    rmSync(taken, { force: true });
  }
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}
