import type { JsonValue } from '@lapwing/workflow';
import { zipSync } from 'fflate';
import yauzl, { type Entry, type ZipFile } from 'yauzl';
import { DocumentError } from './document-error.ts';

/** Limits of an archive (reference: blocks.md §4.12). */
const maxArchiveBytes = 512 * 1024 ** 2;
const maxUnpackedBytes = 1024 ** 3;
const maxEntries = 1000;
/** An office file is unpacked in memory, so far less. */
const maxOfficeBytes = 200 * 1024 ** 2;
const maxOfficeEntries = 10_000;

async function openZip(bytes: Uint8Array): Promise<ZipFile> {
  try {
    const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    // Names are decoded here: yauzl would refuse the whole archive for one name that climbs out of it.
    return await yauzl.fromBufferPromise(buffer, { lazyEntries: true, decodeStrings: false });
  } catch (error) {
    throw new DocumentError('the file is no ZIP archive, or it is damaged', { cause: error });
  }
}

function nameOf(entry: Entry): string {
  return yauzl.getFileNameLowLevel(
    entry.generalPurposeBitFlag,
    entry.fileNameRaw,
    entry.extraFields,
    false,
  );
}

/** A name that stays inside the archive: no root, no drive, no `..`, no control characters. */
function safePath(name: string): string {
  return name
    .replaceAll('\\', '/')
    .replace(/^[a-z]:/i, '')
    .replace(/\p{Cc}/gu, '_')
    .split('/')
    .filter((part) => part !== '' && part !== '.' && part !== '..')
    .join('/');
}

/** The files of an archive as `{file_name, file_path, file_size}`; nothing is unpacked, sizes are as declared. */
export async function listZip(bytes: Uint8Array): Promise<JsonValue> {
  if (bytes.byteLength > maxArchiveBytes) throw new DocumentError('the archive is over 512 MB');
  const zip = await openZip(bytes);
  if (zip.entryCount > maxEntries) {
    throw new DocumentError(`the archive has ${zip.entryCount} entries; ${maxEntries} is the most`);
  }
  const files: { file_name: string; file_path: string; file_size: number }[] = [];
  let unpacked = 0;
  for await (const entry of zip.eachEntry()) {
    unpacked += entry.uncompressedSize;
    if (unpacked > maxUnpackedBytes) {
      throw new DocumentError('the archive would unpack to more than 1 GB');
    }
    const name = nameOf(entry);
    const path = safePath(name);
    if (name.endsWith('/') || path === '') continue;
    const file_name = path.slice(path.lastIndexOf('/') + 1);
    files.push({ file_name, file_path: path, file_size: entry.uncompressedSize });
  }
  return files;
}

async function unpack(zip: ZipFile, entry: Entry, room: number): Promise<Uint8Array> {
  if (entry.isEncrypted()) throw new DocumentError('the file is protected by a password');
  if (entry.uncompressedSize > room) throw new DocumentError('the file unpacks to over 200 MB');
  // yauzl ends the stream when there is more than the declared size.
  const chunks: Buffer[] = [];
  for await (const chunk of await zip.openReadStreamPromise(entry)) chunks.push(chunk);
  return new Uint8Array(Buffer.concat(chunks));
}

/**
 * An office file (a ZIP) packed anew without compression, so that its parser sees exactly the entries whose true size
 * was counted here, and cannot be made to inflate more.
 */
export async function repackOffice(bytes: Uint8Array): Promise<Uint8Array> {
  const zip = await openZip(bytes);
  if (zip.entryCount > maxOfficeEntries) {
    throw new DocumentError(
      `the file has ${zip.entryCount} parts; ${maxOfficeEntries} is the most`,
    );
  }
  const parts = new Map<string, Uint8Array>();
  let room = maxOfficeBytes;
  for await (const entry of zip.eachEntry()) {
    const name = nameOf(entry);
    if (name.endsWith('/')) continue;
    const content = await unpack(zip, entry, room);
    room -= content.byteLength;
    parts.set(name, content);
  }
  return zipSync(Object.fromEntries(parts), { level: 0 });
}
