import { randomUUID } from 'node:crypto';
import {
  linkSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { LapwingError } from '../errors.ts';

/** Who holds a data directory. */
interface Holder {
  readonly pid: number;
  readonly host: string;
  /** Tells a process from a later one of the same pid; null where the system does not say. */
  readonly processStart: string | null;
  readonly token: string;
}

export interface DataLock {
  release(): void;
}

const refreshMs = 5_000;
/** A holder on another machine (or in another container) is dead when its lock was not touched for so long. */
const foreignStaleMs = 20_000;

/**
 * Takes the data directory for this process: PGlite itself would let two processes write the same files. The lock of a
 * process that died is taken over.
 *
 * @throws LapwingError `unavailable` naming the directory, the process that holds it and the way out.
 */
export function lockDataDirectory(directory: string): DataLock {
  const path = join(directory, 'lock');
  const own: Holder = {
    pid: process.pid,
    host: hostname(),
    processStart: processStart(process.pid),
    token: randomUUID(),
  };
  if (!create(path, own)) {
    const holder = read(path);
    if (holder !== null && isAlive(holder, path)) throw heldBy(holder, directory);
    setAside(path, holder);
    if (!create(path, own)) throw heldBy(read(path), directory);
  }
  const timer = setInterval(() => touch(path), refreshMs);
  timer.unref();
  return {
    release: () => {
      clearInterval(timer);
      if (read(path)?.token === own.token) rmSync(path, { force: true });
    },
  };
}

/** Creates the lock with its content in one step; false when there is one. */
function create(path: string, holder: Holder): boolean {
  const draft = `${path}.${holder.token}`;
  writeFileSync(draft, JSON.stringify(holder));
  try {
    linkSync(draft, path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  } finally {
    rmSync(draft, { force: true });
  }
}

/** Null when there is no lock, or one that nobody can have written whole. */
function read(path: string): Holder | null {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as Holder;
  } catch {
    return null;
  }
}

/** Removes a dead lock, unless somebody else took it over meanwhile: theirs is put back. */
function setAside(path: string, dead: Holder | null): void {
  const aside = `${path}.${randomUUID()}`;
  try {
    renameSync(path, aside);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw error;
  }
  if (read(aside)?.token === dead?.token) rmSync(aside, { force: true });
  else renameSync(aside, path);
}

function isAlive(holder: Holder, path: string): boolean {
  if (holder.host !== hostname()) return Date.now() - lastTouched(path) < foreignStaleMs;
  try {
    process.kill(holder.pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
  return processStart(holder.pid) === holder.processStart;
}

function lastTouched(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}

function touch(path: string): void {
  const now = new Date();
  try {
    utimesSync(path, now, now);
  } catch {
    // The directory may be gone with a test or an operator; the database will say so itself.
  }
}

/** Boot and start time of a process on Linux: pids come again, in containers after every start. */
function processStart(pid: number): string | null {
  try {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return `${boot}/${fields[19]}`;
  } catch {
    return null;
  }
}

function heldBy(holder: Holder | null, directory: string): LapwingError {
  const who = holder === null ? 'another process' : `process ${holder.pid} on ${holder.host}`;
  return new LapwingError(
    'unavailable',
    `The data directory ${directory} is in use by ${who}. Stop that process first, or give this one a data directory ` +
      'of its own. Several processes share data only through a PostgreSQL server (DATABASE_URL).',
  );
}
