import type { PdfCapability } from '../capabilities/pdf.ts';
import type { JsonValue } from '../json.ts';

/** Documents that all have the same form and as many pages; a filled one is its values as JSON, a part its page numbers. */
export function fakePdf(
  document: { readonly fields?: readonly string[] | null; readonly pages?: number } = {},
): PdfCapability {
  const { fields = null, pages = 3 } = document;
  const encoder = new TextEncoder();
  return {
    async fill(_file, values) {
      if (fields === null) {
        return null;
      }
      const known = Object.entries(values).filter(([name]) => fields.includes(name));
      const set: Record<string, JsonValue> = Object.fromEntries(known);
      const skipped = Object.keys(values)
        .filter((name) => !fields.includes(name))
        .map((name) => ({ name, reason: 'the form has no such field' }));
      return { bytes: encoder.encode(JSON.stringify(set)), fields: set, skipped, names: fields };
    },
    async split(_file, parts) {
      return {
        pageCount: pages,
        parts: parts.map((ranges) => {
          const numbers = ranges.flatMap(({ from, to }) =>
            Array.from({ length: (to ?? pages) - from + 1 }, (_, index) => from + index),
          );
          return numbers.some((number) => number > pages)
            ? null
            : {
                bytes: encoder.encode(numbers.join(',')),
                firstPage: Math.min(...numbers),
                lastPage: Math.max(...numbers),
                pageCount: numbers.length,
              };
        }),
      };
    },
  };
}
