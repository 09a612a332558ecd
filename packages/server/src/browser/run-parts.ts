import { appendFile, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type HarPart, writeHar } from './har-file.ts';
import { type VideoPart, writeVideo } from './video-file.ts';

/** Absolute paths of the files that the browsers of a run leave; null where there is nothing to tell. */
export interface RunFiles {
  readonly recording: string | null;
  readonly har: string | null;
  readonly consoleLog: string | null;
}

/** Names of the files of a part, within its folder. */
export const partFiles = {
  packets: 'recording.packets',
  lines: 'network.jsonl',
  console: 'console.log',
  downloads: 'downloads',
  /** What an earlier worker finished. */
  recording: 'recording.webm',
  har: 'network.har',
} as const;

const partPrefix = 'part-';

/**
 * A run's folder holds one part for each browser that it had, named for its beginning: what a worker that was killed has
 * written is found by the next one.
 */
export async function newPart(directory: string, begun = Date.now()): Promise<string> {
  const path = join(directory, `${partPrefix}${begun}`);
  await mkdir(path, { recursive: true });
  return path;
}

/** Beginnings of the parts that are there, oldest first, in milliseconds of Unix time. */
export async function listParts(directory: string): Promise<readonly number[]> {
  const names = await readdir(directory).catch(() => []);
  return names
    .filter((name) => name.startsWith(partPrefix))
    .map((name) => Number(name.slice(partPrefix.length)))
    .sort((a, b) => a - b);
}

/** Removes the parts that began before an instant. */
export async function removePartsBefore(directory: string, instant: number): Promise<void> {
  for (const begun of await listParts(directory)) {
    if (begun < instant)
      await rm(join(directory, `${partPrefix}${begun}`), { recursive: true, force: true });
  }
}

/** Joins the parts of a run, each kind of file for itself. A part that cannot be read is left out. Never rejects. */
export async function joinParts(directory: string): Promise<RunFiles> {
  const parts = await Promise.all(
    (await listParts(directory)).map(async (begun) => {
      const path = join(directory, `${partPrefix}${begun}`);
      const names = new Set(await readdir(path).catch(() => []));
      return { path, names };
    }),
  );
  const having = (name: string) =>
    parts.filter(({ names }) => names.has(name)).map(({ path }) => join(path, name));
  const [recording, har, consoleLog] = await Promise.all([
    joinRecording(parts, join(directory, partFiles.recording)).catch(() => null),
    joinHar(parts, join(directory, partFiles.har)).catch(() => null),
    joinTexts(having(partFiles.console), join(directory, partFiles.console)).catch(() => null),
  ]);
  return { recording, har, consoleLog };
}

interface Part {
  readonly path: string;
  readonly names: ReadonlySet<string>;
}

function joinRecording(parts: readonly Part[], target: string): Promise<string | null> {
  const found = parts.flatMap(({ path, names }): VideoPart[] => [
    ...(names.has(partFiles.recording)
      ? [{ kind: 'webm' as const, path: join(path, partFiles.recording) }]
      : []),
    ...(names.has(partFiles.packets)
      ? [{ kind: 'packets' as const, path: join(path, partFiles.packets) }]
      : []),
  ]);
  return writeVideo(found, target);
}

function joinHar(parts: readonly Part[], target: string): Promise<string | null> {
  const found = parts.flatMap(({ path, names }): HarPart[] => [
    ...(names.has(partFiles.har)
      ? [{ kind: 'har' as const, path: join(path, partFiles.har) }]
      : []),
    ...(names.has(partFiles.lines)
      ? [{ kind: 'lines' as const, path: join(path, partFiles.lines) }]
      : []),
  ]);
  return writeHar(found, target);
}

async function joinTexts(paths: readonly string[], target: string): Promise<string | null> {
  const [only, ...others] = paths;
  if (only === undefined) return null;
  if (others.length === 0) return only;
  await writeFile(target, '');
  for (const path of paths) await appendFile(target, await readFile(path));
  return target;
}
