import type { Artifact } from '@lapwing/protocol';
import type { Lapwing } from './lapwing.ts';

/** What a run kept, oldest first. */
export async function artifactsOf(lapwing: Lapwing, runId: string): Promise<Artifact[]> {
  const kept: Artifact[] = (await lapwing.request('GET', `/v1/runs/${runId}/artifacts`)).body;
  return kept.sort((a, b) => a.created_at.localeCompare(b.created_at));
}

/** The bytes behind a signed address. */
export async function bytesOf(url: string | null | undefined): Promise<Buffer> {
  if (url == null) throw new Error('There is no address to read');
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${url} answered HTTP ${response.status}`);
  return Buffer.from(await response.arrayBuffer());
}

/** Width and height of a PNG. */
export function sizeOfPng(png: Buffer): { readonly width: number; readonly height: number } {
  if (png.toString('latin1', 1, 4) !== 'PNG') throw new Error('This is no PNG');
  return { width: png.readUInt32BE(16), height: png.readUInt32BE(20) };
}
