import type { PageRange } from '../../capabilities/pdf.ts';
import { isJsonObject, type JsonValue } from '../../json.ts';

/** One document to be made. */
export interface PlannedPart {
  /** Null when the plan gives none. */
  readonly name: string | null;
  readonly folder: string;
  readonly pages: readonly PageRange[];
}

const rangePattern = /^(\d{1,6})\s*(?:(-|–|\.\.)\s*(\d{1,6})?)?$/;
const maxParts = 1000;

/**
 * The documents that a prompt lists, or why it lists none. Understood are page lists, one document for each item
 * (`1-2, 3, 4-`), and JSON: a list of such texts, of numbers, or of `{"name", "folder", "pages"}`, where `pages` is a
 * text (`"1-2, 5"`), a number or a list of these, and `page_range` is `[first, last]`.
 */
export function pagePlan(prompt: string): readonly PlannedPart[] | { readonly problem: string } {
  const text = prompt.trim();
  const json = jsonIn(text);
  const items =
    json === undefined ? text.split(/[,;\n]/).filter((item) => item.trim() !== '') : json;
  const list = isJsonObject(items) ? items.documents : items;
  if (!Array.isArray(list) || list.length === 0) {
    return { problem: 'it is no list of pages' };
  }
  if (list.length > maxParts) {
    return { problem: `it lists more than ${maxParts} documents` };
  }
  const parts: PlannedPart[] = [];
  for (const item of list as readonly JsonValue[]) {
    const part = partOf(item);
    if (part === null) {
      return { problem: `${JSON.stringify(item).slice(0, 200)} names no pages` };
    }
    parts.push(part);
  }
  return parts;
}

/** Pages as a plan writes them. */
export function pagesText(pages: readonly PageRange[]): string {
  return pages
    .map(({ from, to }) => (from === to ? String(from) : `${from}-${to ?? ''}`))
    .join(', ');
}

function jsonIn(text: string): JsonValue | undefined {
  if (!/^[[{]/.test(text)) {
    return undefined;
  }
  try {
    return JSON.parse(text) as JsonValue;
  } catch {
    return undefined;
  }
}

function partOf(item: JsonValue): PlannedPart | null {
  if (!isJsonObject(item)) {
    const pages = pagesOf(item);
    return pages === null ? null : { name: null, folder: '', pages };
  }
  const pages = pagesOf(item.pages ?? null) ?? boundsOf(item.page_range ?? null);
  if (pages === null) {
    return null;
  }
  return {
    name: typeof item.name === 'string' && item.name.trim() !== '' ? item.name.trim() : null,
    folder: typeof item.folder === 'string' ? item.folder : '',
    pages,
  };
}

function pagesOf(value: JsonValue): readonly PageRange[] | null {
  const items = typeof value === 'string' ? value.split(',') : value;
  const list = Array.isArray(items) ? items : [items];
  const ranges = list.map((item: JsonValue) => rangeOf(item));
  return ranges.length > 0 && ranges.every((range) => range !== null) ? ranges : null;
}

function boundsOf(value: JsonValue): readonly PageRange[] | null {
  if (!Array.isArray(value)) {
    return pagesOf(value);
  }
  const [first, last] = value;
  const range = rangeOf(`${String(first)}-${String(last ?? first)}`);
  return range === null ? null : [range];
}

function rangeOf(value: JsonValue): PageRange | null {
  const match = rangePattern.exec(String(value).trim());
  if (match === null) {
    return null;
  }
  const [, first, dash, last] = match;
  const from = Number(first);
  const open = dash !== undefined && last === undefined;
  const to = open ? null : Number(last ?? first);
  return from < 1 || (to !== null && to < from) ? null : { from, to };
}
