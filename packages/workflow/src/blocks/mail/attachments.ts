import type { FileContent } from '../../capabilities/files.ts';
import { BlockFailure } from '../../errors.ts';
import type { JsonValue } from '../../json.ts';
import type { BlockContext } from '../block.ts';
import { fileReference, referenceIn } from '../fields/file-reference.ts';

/** Mail servers refuse more, base64 being a third longer than the file. */
const maxMegabytes = 50;
const maxBytes = maxMegabytes * 1024 * 1024;
const folder = /^(?:SKYVERN_DOWNLOAD_DIRECTORY|LAPWING_DOWNLOADS|downloads)\/?$/;

/**
 * The files that an e-mail takes along: each item names one as `file_url` does, all files of the run by
 * `SKYVERN_DOWNLOAD_DIRECTORY` or `LAPWING_DOWNLOADS`, or several by a list under the key of a parameter.
 * @throws BlockFailure when one cannot be read, or all are larger than 50 MB together
 */
export async function attachmentsOf(
  ctx: BlockContext,
  items: readonly string[],
): Promise<readonly FileContent[]> {
  const references: string[] = [];
  for (const item of items.map((text) => text.trim()).filter((text) => text !== '')) {
    references.push(...(await referencesOf(ctx, item)));
  }
  const files: FileContent[] = [];
  let size = 0;
  for (const reference of new Set(references)) {
    const file = await ctx.files.read(reference, { maxBytes });
    size += file.bytes.length;
    if (size > maxBytes) {
      throw new BlockFailure(
        `The attachments are larger than ${maxMegabytes} MB together. Send fewer files, or upload them and send their addresses.`,
      );
    }
    files.push(file);
  }
  return files;
}

async function referencesOf(ctx: BlockContext, item: string): Promise<readonly string[]> {
  const value = ctx.value(item) ?? item;
  if (Array.isArray(value)) {
    return value.map((one: JsonValue) => listed(item, one));
  }
  if (typeof value === 'string' && folder.test(value.trim())) {
    return (await ctx.files.list()).map((file) => ctx.files.path(file));
  }
  return [fileReference(ctx, item)];
}

function listed(item: string, value: JsonValue): string {
  const reference = referenceIn(value);
  if (reference === null || reference === '') {
    throw new BlockFailure(`The list ${item} has an entry that names no file.`);
  }
  return reference;
}
