import { type CellObject, read, SSF, type WorkBook } from '@e965/xlsx';
import type { JsonValue } from '@lapwing/workflow';
import { DocumentError } from './document-error.ts';
import { columnNames } from './rows.ts';
import { isCompoundFile, isZip } from './signatures.ts';
import { repackOffice } from './zip.ts';

/** A sheet may claim a million rows of 16,384 columns with two cells in it. */
const maxCells = 5_000_000;
const emptyCell = 'nan';

interface DateParts {
  readonly y: number;
  readonly m: number;
  readonly d: number;
  readonly H: number;
  readonly M: number;
  readonly S: number;
}

const formats: {
  is_date(format: string): boolean;
  parse_date_code(value: number, options: { date1904: boolean }): DateParts | null;
} = SSF;

/** `[h]:mm` and its like are lengths of time, not times. */
const duration = /\[(?:h+|m+|s+)\]/i;

type Row = readonly (CellObject | undefined)[];

function two(value: number): string {
  return String(value).padStart(2, '0');
}

function isoText(value: number, date1904: boolean): string | null {
  const parts = formats.parse_date_code(value, { date1904 });
  if (parts === null) return null;
  const time = `${two(parts.H)}:${two(parts.M)}:${two(parts.S)}`;
  const isTimeOnly = value >= 0 && value < 1;
  if (isTimeOnly) return time;
  return `${String(parts.y).padStart(4, '0')}-${two(parts.m)}-${two(parts.d)}T${time}`;
}

function cellValue(cell: CellObject | undefined, date1904: boolean): JsonValue {
  if (cell === undefined || cell.t === 'z' || cell.t === 'e') return emptyCell;
  const { v: value } = cell;
  if (typeof value === 'number') {
    const format = String(cell.z ?? '');
    const isDate = formats.is_date(format) && !duration.test(format);
    return (isDate ? isoText(value, date1904) : null) ?? value;
  }
  if (typeof value === 'boolean') return value;
  return value === undefined || value === '' ? emptyCell : String(value);
}

function isFilled(row: Row | undefined): boolean {
  return row?.some((cell) => cell !== undefined && cell.t !== 'z') ?? false;
}

/** The rows between the first and the last that hold something. */
function filledRows(rows: readonly (Row | undefined)[]): readonly (Row | undefined)[] {
  const first = rows.findIndex(isFilled);
  return first === -1 ? [] : rows.slice(first, rows.findLastIndex(isFilled) + 1);
}

async function openWorkbook(bytes: Uint8Array): Promise<WorkBook> {
  // The library would take any text for a table of one column.
  if (!isZip(bytes) && !isCompoundFile(bytes)) throw new DocumentError('it is no Excel file');
  const content = isZip(bytes) ? await repackOffice(bytes) : bytes;
  try {
    return read(content, {
      type: 'array',
      dense: true,
      sheets: 0,
      cellNF: true,
      cellText: false,
      cellFormula: false,
      cellHTML: false,
    });
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    const text = /password/i.test(why) ? 'the file is protected by a password' : why;
    throw new DocumentError(text, { cause: error });
  }
}

/**
 * Rows of the first sheet as objects keyed by the first row that holds something. Numbers and booleans stay what they
 * are, dates become ISO text without zone, empty cells and errors the text `nan` (reference: blocks.md §4.12).
 */
export async function readExcel(bytes: Uint8Array): Promise<JsonValue> {
  const workbook = await openWorkbook(bytes);
  const [name] = workbook.SheetNames;
  const sheet = name === undefined ? undefined : workbook.Sheets[name];
  if (sheet === undefined) throw new DocumentError('the workbook has no sheet');
  const date1904 = workbook.Workbook?.WBProps?.date1904 ?? false;
  const [header = [], ...rows] = filledRows(sheet['!data'] ?? []);
  const columns = rows.reduce((most, row) => Math.max(most, row?.length ?? 0), header.length);
  if (columns * rows.length > maxCells) {
    throw new DocumentError(
      `the sheet spans ${rows.length} rows and ${columns} columns; ${maxCells} cells is the most`,
    );
  }
  const headers = Array.from(header, (cell) => {
    const value = cellValue(cell, date1904);
    return value === emptyCell ? '' : String(value);
  });
  const names = columnNames(headers, columns);
  return Array.from(rows, (row) =>
    Object.fromEntries(names.map((key, index) => [key, cellValue(row?.[index], date1904)])),
  );
}
