import type { FileContent, StoredFile } from '../../capabilities/files.ts';
import { BlockFailure } from '../../errors.ts';
import type { JsonObject } from '../../json.ts';
import type { BlockContext } from '../block.ts';
import { fileReference } from '../fields/file-reference.ts';

const maxBytes = 100 * 1024 * 1024;

/**
 * The PDF that a `file_url` names.
 * @throws BlockFailure "Failed to load PDF: …"
 */
export async function readPdf(ctx: BlockContext, fileUrl: string): Promise<FileContent> {
  try {
    return await ctx.files.read(fileReference(ctx, fileUrl), { maxBytes });
  } catch (error) {
    if (error instanceof BlockFailure) {
      throw new BlockFailure(`Failed to load PDF: ${error.message}`, {
        output: null,
        cause: error,
      });
    }
    throw error;
  }
}

/** A file name's part before `.pdf`. */
export function stemOf(file: FileContent): string {
  return file.filename.replace(/\.pdf$/i, '') || 'document';
}

/** Letters, digits and a few signs only: names may come from a template. Null when nothing is left. */
export function safeName(wanted: string): string | null {
  const safe = wanted
    .replace(/\.pdf$/i, '')
    .replace(/[^\p{L}\p{M}\p{N} ._()-]+/gu, '_')
    .replace(/^[ ._]+|[ ._]+$/g, '')
    .slice(0, 150);
  return safe === '' ? null : safe;
}

/** How outputs name a file that a block made. */
export function madeFile(ctx: BlockContext, file: StoredFile): JsonObject {
  return {
    file_path: ctx.files.path(file),
    file_name: file.filename,
    file_size: file.file_size,
    artifact_uri: file.url,
    artifact_url: file.url,
  };
}
