import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Artifact, FileInfo, RunResponse } from '@lapwing/protocol';
import { ordersCsv } from '../../test/site/orders.ts';
import type { Site } from '../../test/site/site.ts';
import type { Checklist } from './checklist.ts';

const signatures = {
  png: Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
  /** EBML, the container of WebM. */
  webm: Buffer.from([0x1a, 0x45, 0xdf, 0xa3]),
  pdf: Buffer.from('%PDF-'),
} as const;

function startsWith(bytes: Buffer, kind: keyof typeof signatures): boolean {
  const signature = signatures[kind];
  return bytes.subarray(0, signature.length).equals(signature);
}

/** Reads a signed address: no API key goes with it. */
async function read(url: string, headers: Record<string, string> = {}): Promise<Response> {
  const response = await fetch(url, { headers, signal: AbortSignal.timeout(30_000) });
  if (!response.ok) throw new Error(`${url} answered ${response.status}.`);
  return response;
}

const bytesOf = async (response: Response) => Buffer.from(await response.arrayBuffer());

/** Where the files of the run were saved. */
export interface SavedFiles {
  /** Oldest first. */
  readonly screenshots: readonly string[];
  readonly downloads: readonly string[];
  readonly video: string | null;
}

interface Context {
  readonly list: Checklist;
  /** Existing folder to save to. */
  readonly folder: string;
}

async function saveScreenshots(
  { list, folder }: Context,
  artifacts: readonly Artifact[],
): Promise<string[]> {
  const directory = join(folder, 'screenshots');
  await mkdir(directory, { recursive: true });
  const shots = artifacts
    .filter((artifact) => artifact.artifact_type.startsWith('screenshot'))
    .sort((a, b) => a.created_at.localeCompare(b.created_at));
  const paths: string[] = [];
  for (const [index, { signed_url, artifact_id }] of shots.entries()) {
    list.holds(`screenshot ${artifact_id} has a signed_url`, signed_url !== null);
    if (signed_url === null) continue;
    const response = await read(signed_url);
    const bytes = await bytesOf(response);
    list.holds(`screenshot ${artifact_id} is a PNG`, startsWith(bytes, 'png'));
    list.equal(
      `content type of screenshot ${artifact_id}`,
      response.headers.get('content-type'),
      'image/png',
    );
    const path = join(directory, `${String(index + 1).padStart(3, '0')}.png`);
    await writeFile(path, bytes);
    paths.push(path);
  }
  return paths;
}

function checkDownload(list: Checklist, file: FileInfo, bytes: Buffer, site: Site): void {
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  list.equal(`checksum of ${file.filename}`, file.checksum, sha256);
  list.equal(`file_size of ${file.filename}`, file.file_size, bytes.length);
  if (file.filename?.endsWith('.pdf')) {
    list.holds(`${file.filename} is a PDF`, startsWith(bytes, 'pdf'));
  } else {
    const text = bytes.toString();
    list.holds(`${file.filename} is what the site sent`, text === ordersCsv(site.portal.orders));
  }
}

async function saveDownloads(context: Context, run: RunResponse, site: Site): Promise<string[]> {
  const directory = join(context.folder, 'downloads');
  await mkdir(directory, { recursive: true });
  const files = run.downloaded_files ?? [];
  const names = files.map(({ filename }) => filename).sort();
  context.list.equal('downloaded files', names, ['order-report.pdf', 'orders.csv']);
  const paths: string[] = [];
  for (const [index, file] of files.entries()) {
    const bytes = await bytesOf(await read(file.url));
    checkDownload(context.list, file, bytes, site);
    // The name comes from the server: it must not lead out of the folder.
    const name = (file.filename ?? `file-${index}`).replaceAll(/[\\/]/g, '_');
    const path = join(directory, name);
    await writeFile(path, bytes);
    paths.push(path);
  }
  return paths;
}

async function saveVideo({ list, folder }: Context, url: string | null): Promise<string | null> {
  list.holds('the run has a recording_url', url !== null);
  if (url === null) return null;
  const response = await read(url);
  const bytes = await bytesOf(response);
  list.equal('content type of the video', response.headers.get('content-type'), 'video/webm');
  list.holds('the video is WebM', startsWith(bytes, 'webm'));
  const part = await read(url, { range: 'bytes=4-7' });
  list.equal('status of a part of the video', part.status, 206);
  list.equal(
    'Content-Range of a part of the video',
    part.headers.get('content-range'),
    `bytes 4-7/${bytes.length}`,
  );
  list.holds(
    'a part of the video is its bytes',
    (await bytesOf(part)).equals(bytes.subarray(4, 8)),
  );
  const path = join(folder, 'video.webm');
  await writeFile(path, bytes);
  return path;
}

/** Saves screenshots, downloads and video of a run into `folder`, and checks their bytes on the way. */
export async function saveFiles(
  context: Context,
  run: RunResponse,
  artifacts: readonly Artifact[],
  site: Site,
): Promise<SavedFiles> {
  const { list } = context;
  const kinds = new Set(artifacts.map(({ artifact_type }) => artifact_type));
  for (const kind of ['browser_console_log', 'har'] as const) {
    list.holds(`the run kept its ${kind}`, kinds.has(kind), [...kinds]);
  }
  list.equal('number of screenshot_urls', run.screenshot_urls?.length, 3);
  for (const url of run.screenshot_urls ?? []) {
    list.holds(`${url} is a PNG`, startsWith(await bytesOf(await read(url)), 'png'));
  }
  return {
    screenshots: await saveScreenshots(context, artifacts),
    downloads: await saveDownloads(context, run, site),
    video: await saveVideo(context, run.recording_url),
  };
}
