import { EncryptedPDFError, PDFDocument } from '@cantoo/pdf-lib';
import { DocumentError } from './document-error.ts';
import { isPdf } from './signatures.ts';

/** Opens a PDF to be changed. Rejects with {@link DocumentError}. */
export async function loadPdf(bytes: Uint8Array): Promise<PDFDocument> {
  if (!isPdf(bytes)) throw new DocumentError('it is no PDF file');
  try {
    const document = await PDFDocument.load(bytes, { updateMetadata: false });
    // Broken files are read leniently, and may turn out to have nothing inside.
    document.getPageCount();
    return document;
  } catch (error) {
    if (error instanceof EncryptedPDFError) {
      throw new DocumentError('the file is protected by a password', { cause: error });
    }
    const why = error instanceof Error ? error.message : String(error);
    throw new DocumentError(`the PDF is broken: ${why}`, { cause: error });
  }
}
