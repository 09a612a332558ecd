import type { JsonValue } from '@lapwing/workflow';
import { DocumentError } from './document-error.ts';
import { readText } from './text.ts';

/** The value of a JSON file. */
export function readJson(bytes: Uint8Array): JsonValue {
  try {
    return JSON.parse(readText(bytes));
  } catch (error) {
    if (error instanceof SyntaxError) throw new DocumentError(error.message, { cause: error });
    throw error;
  }
}
