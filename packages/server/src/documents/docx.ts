import type { JsonValue } from '@lapwing/workflow';
import mammoth from 'mammoth';
import { DocumentError } from './document-error.ts';
import { isCompoundFile, isZip } from './signatures.ts';
import { repackOffice } from './zip.ts';

/** The plain text of a Word document, a blank line between paragraphs. */
export async function readDocx(bytes: Uint8Array): Promise<JsonValue> {
  if (isCompoundFile(bytes)) {
    throw new DocumentError(
      'it is an older .doc file or protected by a password; save it as .docx',
    );
  }
  if (!isZip(bytes)) throw new DocumentError('it is no Word document');
  const buffer = Buffer.from(await repackOffice(bytes));
  return (await mammoth.extractRawText({ buffer })).value.trim();
}
