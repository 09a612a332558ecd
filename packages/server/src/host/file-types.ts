import { extname } from 'node:path';
import { parse } from 'content-disposition';
import mime from 'mime';
import { safeFileName } from '../lib/file-names.ts';

/** The media type that a file's name suggests. */
export function contentTypeOf(filename: string): string {
  return mime.getType(filename) ?? 'application/octet-stream';
}

function namedByHeader(header: string | undefined): string | null {
  if (header === undefined) return null;
  try {
    return parse(header).parameters.filename ?? null;
  } catch {
    return null;
  }
}

function lastSegment(url: string): string {
  const segment = new URL(url).pathname.split('/').at(-1) ?? '';
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}

/** What to call a file that came by HTTP: what its server says, else the end of its address, with an extension. */
export function nameOfResponse(url: string, headers: Readonly<Record<string, string>>): string {
  const name = safeFileName(namedByHeader(headers['content-disposition']) ?? lastSegment(url));
  const extension = mime.getExtension(headers['content-type'] ?? '') ?? '';
  return extname(name) === '' && extension !== '' ? `${name}.${extension}` : name;
}
