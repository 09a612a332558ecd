import type { JsonValue } from '@lapwing/workflow';
import Papa from 'papaparse';
import { DocumentError } from './document-error.ts';
import { columnNames } from './rows.ts';
import { readText } from './text.ts';

/** Rows as lists of cells; the delimiter (comma, semicolon, tab or bar) is found by looking, tab is given for `.tsv`. */
function readCells(text: string, filename: string): string[][] {
  const { data, errors } = Papa.parse<string[]>(text, {
    delimiter: filename.toLowerCase().endsWith('.tsv') ? '\t' : '',
    delimitersToGuess: [',', ';', '\t', '|'],
    skipEmptyLines: true,
  });
  const open = errors.find(({ code }) => code === 'MissingQuotes');
  if (open !== undefined) {
    throw new DocumentError(`a quote that opens in row ${(open.row ?? 0) + 1} is never closed`);
  }
  return data;
}

/** Rows of a CSV or TSV file as objects keyed by header, all values texts; what a short row lacks is "". */
export function readCsv(bytes: Uint8Array, filename: string): JsonValue {
  const [headers = [], ...rows] = readCells(readText(bytes), filename);
  const columns = rows.reduce((most, row) => Math.max(most, row.length), headers.length);
  const names = columnNames(headers, columns);
  return rows.map((row) =>
    Object.fromEntries(names.map((name, index) => [name, row[index] ?? ''])),
  );
}

/** Whether a text looks like a table: two rows or more, of the same number of cells, two or more. */
export function looksLikeCsv(text: string): boolean {
  const { data } = Papa.parse<string[]>(text.slice(0, 100_000), {
    preview: 20,
    skipEmptyLines: true,
    delimitersToGuess: [',', ';', '\t', '|'],
  });
  const width = data[0]?.length ?? 0;
  return data.length >= 2 && width >= 2 && data.every((row) => row.length === width);
}
