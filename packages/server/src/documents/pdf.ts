import type { JsonValue } from '@lapwing/workflow';
import { extractText, getDocumentProxy } from 'unpdf';
import { DocumentError } from './document-error.ts';
import { isPdf } from './signatures.ts';

async function pagesOf(bytes: Uint8Array): Promise<string[]> {
  try {
    const document = await getDocumentProxy(new Uint8Array(bytes), { verbosity: 0 });
    return (await extractText(document, { mergePages: false })).text;
  } catch (error) {
    if (error instanceof Error && error.name === 'PasswordException') {
      throw new DocumentError('the file is protected by a password', { cause: error });
    }
    throw error;
  }
}

/** The text of a PDF, a blank line between pages. */
export async function readPdf(bytes: Uint8Array): Promise<JsonValue> {
  if (!isPdf(bytes)) throw new DocumentError('it is no PDF file');
  const text = (await pagesOf(bytes))
    .map((page) => page.trim())
    .join('\n\n')
    .trim();
  if (text === '') {
    throw new DocumentError('the PDF holds no text (scanned pages?), and images are not read');
  }
  return text;
}
