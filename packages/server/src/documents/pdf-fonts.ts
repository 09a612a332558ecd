import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import fontkit from '@cantoo/fontkit';
import type { PDFDocument, PDFFont } from '@cantoo/pdf-lib';
import { DocumentError } from './document-error.ts';

/** The fonts that values are drawn in: Helvetica, which every viewer has, or one with more letters, kept in the file. */
export class FormFonts {
  readonly #document: PDFDocument;
  readonly #plain: PDFFont;
  #wide: Promise<PDFFont> | null = null;

  constructor(document: PDFDocument, plain: PDFFont) {
    this.#document = document;
    this.#plain = plain;
  }

  /** A font that has all letters of a text. Rejects with {@link DocumentError} naming one that none has. */
  async forText(text: string): Promise<PDFFont> {
    if (missingLetter(this.#plain, text) === null) return this.#plain;
    this.#wide ??= this.#embedWide();
    const wide = await this.#wide;
    const missing = missingLetter(wide, text);
    if (missing === null) return wide;
    const code = missing.codePointAt(0)?.toString(16).toUpperCase().padStart(4, '0');
    throw new DocumentError(
      `the letter "${missing}" (U+${code}) cannot be drawn: Latin, Greek and Cyrillic can`,
    );
  }

  async #embedWide(): Promise<PDFFont> {
    this.#document.registerFontkit(fontkit);
    // Latin, Greek, Cyrillic and Vietnamese.
    const address = import.meta.resolve('roboto-fontface/fonts/roboto/Roboto-Regular.woff');
    const bytes = await readFile(fileURLToPath(address));
    return await this.#document.embedFont(bytes, { subset: true });
  }
}

function missingLetter(font: PDFFont, text: string): string | null {
  const known = new Set(font.getCharacterSet());
  const isDrawn = (letter: string) => /\s/.test(letter) || known.has(letter.codePointAt(0) ?? 0);
  return [...text].find((letter) => !isDrawn(letter)) ?? null;
}
