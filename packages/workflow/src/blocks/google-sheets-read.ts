import { z } from 'zod';
import type { SheetCells, SheetProperties, SheetValues } from '../capabilities/sheets.ts';
import { type BlockContext, type BlockResult, defineBlock } from './block.ts';
import { parameterKeys } from './fields/parameter-keys.ts';
import { cellName, parseRange, rangeIn, splitSheet } from './sheets/a1.ts';
import { reported } from './sheets/failure.ts';
import { rowsByHeader } from './sheets/header-rows.ts';
import {
  findSheet,
  missingSheet,
  namedSheet,
  type SpreadsheetReference,
  spreadsheetOf,
} from './sheets/spreadsheet.ts';

const text = z.string().nullable().default(null);

const params = z.object({
  spreadsheet_url: z.string().describe('Address or id of a spreadsheet.'),
  sheet_name: text.describe('The sheet that the address shows, else the first, unless given.'),
  range: text.describe('In A1 notation, or the name of a range; the whole sheet unless given.'),
  credential_id: text.describe("Not read yet: the server's own Google account is used."),
  has_header_row: z.boolean().default(true).describe('The first row names the columns of `rows`.'),
  parameter_keys: parameterKeys,
});

type Fields = z.output<typeof params>;

/** `google_sheets_read`: values of a spreadsheet, as lists and by their headers (blocks.md §4.16). */
export const googleSheetsRead = defineBlock({
  type: 'google_sheets_read',
  summary: 'Reads rows of a Google spreadsheet.',
  needs: ['sheets'],
  effect: 'none',
  params,
  rendered: { spreadsheet_url: 'text', sheet_name: 'text', range: 'text', credential_id: 'text' },
  run: (ctx, fields) =>
    reported(ctx, { what: 'read', credentialId: fields.credential_id }, () => read(ctx, fields)),
});

async function read(ctx: BlockContext, fields: Fields): Promise<BlockResult> {
  const reference = spreadsheetOf(fields.spreadsheet_url);
  const sheets = await ctx.sheets.sheets(reference.id);
  const found = await ctx.sheets.values(reference.id, rangeOf(fields, sheets, reference));
  const at = parseRange(found.range);
  const title = splitSheet(found.range).sheet;
  const sheet = findSheet(sheets, title, reference);
  const start = { row: at?.startRow ?? 0, column: at?.startColumn ?? 0 };
  const cells = await cellsOf(ctx, reference.id, { found, title, start });
  const values = found.values.map((row) => [...row]);
  const output = {
    spreadsheet_id: reference.id,
    range: found.range,
    sheet_id: sheet?.sheetId ?? null,
    sheet_title: sheet?.title ?? title,
    start_row: start.row,
    start_column: start.column,
    values,
    rows: fields.has_header_row ? rowsByHeader(values) : null,
    cells: cells.rows.map((row) => [...row]),
    merges: [...cells.merges],
  };
  return { status: 'completed', output };
}

/** A name of a range goes as it is; all else gets the title of its sheet. */
function rangeOf(
  fields: Fields,
  sheets: readonly SheetProperties[],
  reference: SpreadsheetReference,
): string {
  const wanted = fields.range?.trim() ?? '';
  const { sheet: inRange, cells } = splitSheet(wanted);
  if (wanted !== '' && inRange === null && parseRange(wanted) === null) {
    return wanted;
  }
  const named = namedSheet(fields);
  const target = findSheet(sheets, named, reference);
  if (target === null) {
    throw missingSheet(named, sheets);
  }
  return rangeIn(target.title, cells);
}

/** The formatting of just the cells that hold values. */
async function cellsOf(
  ctx: BlockContext,
  spreadsheetId: string,
  read: {
    readonly found: SheetValues;
    readonly title: string | null;
    readonly start: { readonly row: number; readonly column: number };
  },
): Promise<SheetCells> {
  const { values, range } = read.found;
  const width = Math.max(0, ...values.map((row) => row.length));
  if (width === 0) {
    return { rows: [], merges: [] };
  }
  const { row, column } = read.start;
  const corner = cellName(row + values.length - 1, column + width - 1);
  const box = `${cellName(row, column)}:${corner}`;
  return await ctx.sheets.cells(
    spreadsheetId,
    read.title === null ? range : rangeIn(read.title, box),
  );
}
