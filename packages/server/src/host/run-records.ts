import { createWriteStream } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import {
  joinParts,
  listParts,
  newPart,
  partFiles,
  type RunFiles as RecordFiles,
  removePartsBefore,
} from '../browser/run-parts.ts';
import type { ArtifactRow, ArtifactsService } from '../domain/artifacts/service.ts';

interface Kind {
  readonly file: keyof RecordFiles;
  readonly type: 'recording' | 'har' | 'browser_console_log';
  readonly filename: string;
  readonly contentType: string;
}

/** What is kept of a run's browsers: of each kind one file, over all the lives of the run. */
const kinds: readonly Kind[] = [
  {
    file: 'recording',
    type: 'recording',
    filename: partFiles.recording,
    contentType: 'video/webm',
  },
  { file: 'har', type: 'har', filename: partFiles.har, contentType: 'application/json' },
  {
    file: 'consoleLog',
    type: 'browser_console_log',
    filename: partFiles.console,
    contentType: 'text/plain; charset=utf-8',
  },
];

interface RecordsOf {
  readonly artifacts: ArtifactsService;
  readonly organizationId: string;
  readonly runId: string;
}

interface Records {
  /** Folder of the run, with the parts that this host has. */
  readonly directory: string;
  /** When this life of the run began, in milliseconds of Unix time. */
  readonly since: number;
  readonly isFirstLife: boolean;
}

/** Joins what tells of the run's browsers and keeps it; what an earlier life kept becomes the beginning of it. */
export async function keepRecords(run: RecordsOf, records: Records): Promise<void> {
  if ((await listParts(records.directory)).length === 0) return;
  const earlier = records.isFirstLife
    ? []
    : await run.artifacts.ofRun(
        run.runId,
        kinds.map(({ type }) => type),
      );
  const fetched = await fetchEarlier(run, records, earlier);
  const made = await joinParts(records.directory);
  for (const kind of kinds) {
    const path = made[kind.file];
    if (path === null) continue;
    const { type, filename, contentType } = kind;
    const { organizationId, runId } = run;
    const about = { organizationId, runId, blockId: null, type, filename, contentType };
    await run.artifacts.save({ ...about, source: { path } });
    for (const row of fetched.filter(({ artifactType }) => artifactType === type))
      await run.artifacts.remove(row.organizationId, row.artifactId);
  }
}

/**
 * Puts what an earlier life kept in front of the parts that this host has. Parts that began before it was kept are in it.
 * @returns What was fetched: nothing, when some of it cannot be read; the parts stay as they are then.
 */
async function fetchEarlier(
  { artifacts }: RecordsOf,
  { directory, since }: Records,
  earlier: readonly ArtifactRow[],
): Promise<readonly ArtifactRow[]> {
  if (earlier.length === 0) return [];
  const kept = Math.min(since - 1, ...earlier.map((row) => row.createdAt.getTime()));
  const fetched = join(directory, 'earlier');
  // Of a file that was kept twice, by a life that was cut off in between, the later one has all of it.
  const newest = new Map(earlier.map((row) => [row.filename, row]));
  await mkdir(fetched, { recursive: true });
  try {
    for (const row of newest.values())
      await pipeline(await artifacts.open(row), createWriteStream(join(fetched, row.filename)));
  } catch {
    await rm(fetched, { recursive: true, force: true });
    return [];
  }
  await removePartsBefore(directory, kept);
  const part = await newPart(directory, kept);
  for (const filename of newest.keys()) await rename(join(fetched, filename), join(part, filename));
  await rm(fetched, { recursive: true, force: true });
  return earlier;
}
