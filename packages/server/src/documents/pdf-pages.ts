import { PDFDocument } from '@cantoo/pdf-lib';
import type { PageRange, SplitPart, SplitPdf } from '@lapwing/workflow';
import { loadPdf } from './pdf-load.ts';

/** Page numbers from 1, each once, in the order of the ranges; null when one is not there. */
function pagesIn(ranges: readonly PageRange[], pageCount: number): readonly number[] | null {
  const pages = new Set<number>();
  for (const { from, to } of ranges) {
    const last = to ?? pageCount;
    if (from > pageCount || last > pageCount) return null;
    for (let page = from; page <= last; page += 1) pages.add(page);
  }
  return [...pages];
}

async function copyPages(source: PDFDocument, pages: readonly number[]): Promise<SplitPart> {
  const part = await PDFDocument.create();
  const copies = await part.copyPages(
    source,
    pages.map((page) => page - 1),
  );
  for (const copy of copies) part.addPage(copy);
  return {
    bytes: await part.save(),
    firstPage: Math.min(...pages),
    lastPage: Math.max(...pages),
    pageCount: pages.length,
  };
}

/** New documents of the pages of one. Rejects with DocumentError. */
export async function splitPages(
  bytes: Uint8Array,
  parts: readonly (readonly PageRange[])[],
): Promise<SplitPdf> {
  const source = await loadPdf(bytes);
  const pageCount = source.getPageCount();
  const made: (SplitPart | null)[] = [];
  for (const ranges of parts) {
    const pages = pagesIn(ranges, pageCount);
    made.push(pages === null || pages.length === 0 ? null : await copyPages(source, pages));
  }
  return { pageCount, parts: made };
}
