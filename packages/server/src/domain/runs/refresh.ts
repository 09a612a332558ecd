import type { ArtifactRow, ArtifactsService } from '../artifacts/service.ts';

const contentAddress = /\/v1\/artifacts\/(a_\d+)\/content\?/;

type Urls = Pick<ArtifactsService, 'url'>;

/** Screenshot lists of a task output are filled when it is read, from the ids kept in it; three at most. */
const screenshotLists: Readonly<Record<string, string>> = {
  task_screenshots: 'task_screenshot_artifact_ids',
  workflow_screenshots: 'workflow_screenshot_artifact_ids',
};

/**
 * A copy of an output in which every address of one of these files is signed anew: those of the run, and of the runs that
 * its blocks have started. An address of anything else stays as it is: a page or a receiver must not get us to sign
 * what it names.
 */
export function refreshed<T>(output: T, artifacts: readonly ArtifactRow[], urls: Urls): T {
  const own = new Map(artifacts.map((row) => [row.artifactId, row]));
  return walk(output, own, urls) as T;
}

/** Ids of the artifacts that an output names, whosesoever they are. */
export function namedArtifacts(output: unknown): ReadonlySet<string> {
  if (output === null) return new Set();
  const names = JSON.stringify(output).matchAll(/\/v1\/artifacts\/(a_\d+)\/content\?|"(a_\d+)"/g);
  return new Set([...names].map(([, inAddress, alone]) => inAddress ?? alone ?? ''));
}

function walk(value: unknown, own: ReadonlyMap<string, ArtifactRow>, urls: Urls): unknown {
  if (typeof value === 'string') return freshAddress(value, own, urls);
  if (Array.isArray(value)) return value.map((item) => walk(item, own, urls));
  if (typeof value !== 'object' || value === null) return value;
  const fields = value as Record<string, unknown>;
  const entries = Object.entries(fields).map(([key, item]): [string, unknown] => {
    const ids = fields[screenshotLists[key] ?? ''];
    return [
      key,
      item === null && Array.isArray(ids) ? addresses(ids, own, urls) : walk(item, own, urls),
    ];
  });
  return Object.fromEntries(entries);
}

function freshAddress(text: string, own: ReadonlyMap<string, ArtifactRow>, urls: Urls): string {
  const row = own.get(contentAddress.exec(text)?.[1] ?? '');
  return row === undefined ? text : urls.url(row);
}

function addresses(
  ids: readonly unknown[],
  own: ReadonlyMap<string, ArtifactRow>,
  urls: Urls,
): string[] | null {
  const rows = ids.flatMap((id) => own.get(String(id)) ?? []);
  return rows.length === 0 ? null : rows.slice(-3).map((row) => urls.url(row));
}
