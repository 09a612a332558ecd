import { BlockFailure } from '../../errors.ts';
import { isJsonObject, type JsonValue } from '../../json.ts';
import type { BlockContext } from '../block.ts';

/**
 * What `FilesCapability.read` takes, for the text of a `file_url`: an address or path, the key of a parameter or an
 * output, or the output of a block as JSON.
 * @throws BlockFailure when the text names no file
 */
export function fileReference(ctx: BlockContext, text: string): string {
  const value = ctx.value(text.trim()) ?? jsonObjectIn(text) ?? text.trim();
  const reference = referenceIn(value);
  if (reference === null || reference === '') {
    throw new BlockFailure(
      `${text.slice(0, 200)} names no file. Give an address, the file_path of a file of this run, or the output of a block that has one.`,
    );
  }
  return reference;
}

function jsonObjectIn(text: string): JsonValue | undefined {
  if (!text.trimStart().startsWith('{')) {
    return undefined;
  }
  try {
    return JSON.parse(text) as JsonValue;
  } catch {
    return undefined;
  }
}

/** The file that a text, a block's output, or an entry of its `downloaded_files`, stands for. */
export function referenceIn(value: JsonValue): string | null {
  if (typeof value === 'string') {
    return value;
  }
  if (!isJsonObject(value)) {
    return null;
  }
  const files = value.downloaded_files;
  const first: unknown = Array.isArray(files) ? files[0] : undefined;
  const candidates = [
    isJsonObject(first) ? first.url : undefined,
    value.artifact_url,
    value.file_url,
    value.file_path,
    value.url,
    value.s3uri,
    value.s3_uri,
  ];
  return (
    candidates
      .filter((candidate) => typeof candidate === 'string')
      .find((candidate) => candidate !== '') ?? null
  );
}
