import { extname } from 'node:path';
import { parse } from 'content-disposition';
import mime from 'mime';

const longestName = 200;

/** The media type that a file's name suggests. */
export function contentTypeOf(filename: string): string {
  return mime.getType(filename) ?? 'application/octet-stream';
}

/** A name that can stand in any folder: no path, no control characters, not too long, never empty. */
export function safeName(name: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are the ones to remove
  const plain = name.replaceAll(/[\x00-\x1f\x7f/\\:*?"<>|]/g, '_').replace(/^[.\s]+|[.\s]+$/g, '');
  if (plain === '') return 'file';
  const extension = extname(plain).slice(0, 20);
  return plain.length <= longestName
    ? plain
    : plain.slice(0, longestName - extension.length) + extension;
}

/** The name, or the name with `_1`, `_2`, … before its extension when it is taken. */
export function freeName(name: string, taken: ReadonlySet<string>): string {
  const wanted = safeName(name);
  if (!taken.has(wanted)) return wanted;
  const extension = extname(wanted);
  const stem = wanted.slice(0, wanted.length - extension.length);
  for (let count = 1; ; count += 1) {
    const candidate = `${stem}_${count}${extension}`;
    if (!taken.has(candidate)) return candidate;
  }
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
  const name = safeName(namedByHeader(headers['content-disposition']) ?? lastSegment(url));
  const extension = mime.getExtension(headers['content-type'] ?? '') ?? '';
  return extname(name) === '' && extension !== '' ? `${name}.${extension}` : name;
}
