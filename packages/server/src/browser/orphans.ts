import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { directoryPrefix, type Owner, readRecord } from './process-record.ts';
import { killGroup, listProcesses, type ProcessEntry } from './process-table.ts';

/** A directory without a record is only just being made, unless it is older than this. */
const recordGraceMs = 60_000;

/**
 * Ends the browsers below `directory` whose owner has died, and removes their user-data directories. A process counts as
 * such a browser only when it was started with exactly that directory. Returns how many browsers were ended.
 */
export async function reapOrphans(directory: string): Promise<number> {
  const names = await readdir(directory).catch(() => []);
  const paths = names
    .filter((name) => name.startsWith(directoryPrefix))
    .map((n) => join(directory, n));
  if (paths.length === 0) return 0;
  const processes = await listProcesses();
  const ended = await Promise.all(paths.map((path) => reap(path, processes)));
  return ended.filter(Boolean).length;
}

async function reap(userData: string, processes: readonly ProcessEntry[]): Promise<boolean> {
  if (await owned(userData, processes)) return false;
  const browsers = processes.filter((entry) =>
    entry.arguments.includes(`--user-data-dir=${userData}`),
  );
  for (const group of new Set(browsers.map((entry) => entry.group))) killGroup(group);
  await rm(userData, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 });
  return browsers.length > 0;
}

async function owned(userData: string, processes: readonly ProcessEntry[]): Promise<boolean> {
  const record = await readRecord(userData);
  if (record !== null) return processes.some((entry) => isOwner(entry, record.owner));
  const facts = await stat(userData).catch(() => null);
  return facts !== null && Date.now() - facts.mtimeMs < recordGraceMs;
}

function isOwner(entry: ProcessEntry, owner: Owner): boolean {
  return entry.pid === owner.pid && entry.started === owner.started;
}
