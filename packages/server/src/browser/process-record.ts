import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { currentHost } from './host-id.ts';
import { listProcesses } from './process-table.ts';

/** Names of user-data directories begin with it. */
export const directoryPrefix = 'browser-';
const fileName = 'lapwing.json';

/** The process that looks after a browser. `started` tells it from a later one with the same pid. */
export interface Owner {
  /** See {@link currentHost}: pids mean nothing elsewhere. */
  readonly host: string;
  readonly pid: number;
  readonly started: string;
}

/** What the user-data directory of a browser says about it, for whoever finds it after our death. */
export interface BrowserRecord {
  readonly owner: Owner;
  /** Null until the browser answers. */
  readonly pid: number | null;
  readonly cdpUrl: string | null;
  /** ISO 8601, UTC. */
  readonly startedAt: string | null;
  /** The run that works in it, which may be taken up again when its owner has died. */
  readonly runId: string | null;
}

/** This process, as an owner. */
export async function currentOwner(): Promise<Owner> {
  const [processes, host] = await Promise.all([listProcesses(), currentHost()]);
  const own = processes.find((entry) => entry.pid === process.pid);
  return { host, pid: process.pid, started: own?.started ?? '' };
}

/** Replaces the record in one step. */
export async function writeRecord(userData: string, record: BrowserRecord): Promise<void> {
  const path = join(userData, fileName);
  await writeFile(`${path}.new`, JSON.stringify(record));
  await rename(`${path}.new`, path);
}

/** Null when there is none, or none that can be read. */
export async function readRecord(userData: string): Promise<BrowserRecord | null> {
  try {
    return JSON.parse(await readFile(join(userData, fileName), 'utf8'));
  } catch {
    return null;
  }
}
