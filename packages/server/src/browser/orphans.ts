import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { currentHost } from './host-id.ts';
import { type BrowserRecord, directoryPrefix, type Owner, readRecord } from './process-record.ts';
import { killGroup, listProcesses, type ProcessEntry } from './process-table.ts';

/** A directory without a record is only just being made, unless it is older than this. */
const recordGraceMs = 60_000;

/** Of these runs those that may be taken up again, each with the user-data directory of its browser if it has one. */
export type OpenRuns = (
  runIds: readonly string[],
) => Promise<ReadonlyMap<string, { readonly userDataDirectory: string } | null>>;

/**
 * Ends the browsers below `directory` whose owner has died, and removes their user-data directories: all but those of
 * runs that may be taken up again. A process counts as such a browser only when it was started with exactly that
 * directory, and browsers of other machines that share it are left to those. Returns how many browsers were ended.
 */
export async function reapOrphans(directory: string, openRuns: OpenRuns): Promise<number> {
  const names = await readdir(directory).catch(() => []);
  const found = await Promise.all(
    names
      .filter((name) => name.startsWith(directoryPrefix))
      .map(async (name) => {
        const userData = join(directory, name);
        return { userData, record: await readRecord(userData) };
      }),
  );
  if (found.length === 0) return 0;
  const [processes, host] = await Promise.all([listProcesses(), currentHost()]);
  const lost: Found[] = [];
  for (const one of found) if (await isLost(one, { processes, host })) lost.push(one);
  if (lost.length === 0) return 0;
  const open = await openRuns(lost.flatMap(({ record }) => record?.runId ?? []));
  const ended = await Promise.all(
    lost
      .filter(({ userData, record }) => !isKept(userData, open.get(record?.runId ?? '')))
      .map(({ userData }) => reap(userData, processes)),
  );
  return ended.filter(Boolean).length;
}

interface Found {
  readonly userData: string;
  readonly record: BrowserRecord | null;
}

interface Ground {
  readonly processes: readonly ProcessEntry[];
  readonly host: string;
}

async function isLost({ userData, record }: Found, { processes, host }: Ground): Promise<boolean> {
  if (record !== null) {
    const { owner } = record;
    return owner.host === host && !processes.some((entry) => isOwner(entry, owner));
  }
  const facts = await stat(userData).catch(() => null);
  return facts !== null && Date.now() - facts.mtimeMs > recordGraceMs;
}

function isOwner(entry: ProcessEntry, owner: Owner): boolean {
  return entry.pid === owner.pid && entry.started === owner.started;
}

/** A run that is open and has not gone on in another browser meanwhile. */
function isKept(
  userData: string,
  place: { readonly userDataDirectory: string } | null | undefined,
): boolean {
  return place?.userDataDirectory === userData;
}

async function reap(userData: string, processes: readonly ProcessEntry[]): Promise<boolean> {
  const browsers = processes.filter((entry) =>
    entry.arguments.includes(`--user-data-dir=${userData}`),
  );
  for (const group of new Set(browsers.map((entry) => entry.group))) killGroup(group);
  await rm(userData, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 });
  return browsers.length > 0;
}
