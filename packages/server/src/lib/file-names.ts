import { link, unlink } from 'node:fs/promises';
import { extname, join } from 'node:path';

const maxBytes = 200;

/** What may be told of a character in a file name of any system. */
// biome-ignore format: one class of characters
const forbidden = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}/\\:*?"<>|]/gu;

/** A name that somebody suggests, made safe to be a file's: no path, no control characters, 1 to 200 bytes. */
export function safeFileName(suggested: string): string {
  const base = suggested.split(/[/\\]/).at(-1) ?? '';
  const cleaned = base
    .normalize('NFC')
    .replace(forbidden, '_')
    .replace(/^[.\s]+|[.\s]+$/g, '');
  return cleaned === '' ? 'file' : shortened(cleaned);
}

function shortened(name: string): string {
  if (Buffer.byteLength(name) <= maxBytes) return name;
  const full = extname(name);
  const extension = Buffer.byteLength(full) <= 20 ? full : '';
  let stem = [...name.slice(0, name.length - extension.length)];
  while (Buffer.byteLength(stem.join('') + extension) > maxBytes) stem = stem.slice(0, -1);
  return stem.join('') + extension;
}

/** `report.csv` → `report_2.csv` for attempt 2; attempt 0 is the name itself. */
function numberedName(name: string, attempt: number): string {
  if (attempt === 0) return name;
  const extension = extname(name);
  return `${name.slice(0, name.length - extension.length)}_${attempt}${extension}`;
}

/** The name made safe; when that is taken, with `_1`, `_2`, … before its extension. */
export function freeName(name: string, taken: ReadonlySet<string>): string {
  const wanted = safeFileName(name);
  for (let attempt = 0; ; attempt += 1) {
    const candidate = numberedName(wanted, attempt);
    if (!taken.has(candidate)) return candidate;
  }
}

/**
 * Moves a file into a folder of the same disk under the first free one of the numbered names. Two moves at a time never
 * take the same name. Returns the name taken.
 */
export async function moveToFreeName(from: string, folder: string, name: string): Promise<string> {
  for (let attempt = 0; ; attempt += 1) {
    const candidate = numberedName(name, attempt);
    try {
      await link(from, join(folder, candidate));
      await unlink(from);
      return candidate;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
  }
}
