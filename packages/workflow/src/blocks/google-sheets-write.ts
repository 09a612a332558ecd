import { z } from 'zod';
import { isJsonObject, type JsonObject } from '../json.ts';
import { type BlockContext, type BlockResult, defineBlock } from './block.ts';
import { parameterKeys } from './fields/parameter-keys.ts';
import { cellName } from './sheets/a1.ts';
import { type Destination, findDestination, rangeSent } from './sheets/destination.ts';
import { reported } from './sheets/failure.ts';
import { appendRequests, hasRichCells, updateRequests } from './sheets/rich-cells.ts';
import { rowsToWrite, type WriteRows } from './sheets/write-values.ts';

const text = z.string().nullable().default(null);

const params = z.object({
  spreadsheet_url: z.string().describe('Address or id of a spreadsheet.'),
  sheet_name: text.describe('The sheet that the address shows, else the first, unless given.'),
  range: text.describe('In A1 notation; where the rows begin.'),
  credential_id: text.describe("Not read yet: the server's own Google account is used."),
  write_mode: z
    .enum(['append', 'update'])
    .default('append')
    .describe('append: below the last row. update: over what is there.'),
  values: z
    .string()
    .default('')
    .describe(
      'JSON: a list of lists, or a list of objects with a column_mapping. Null leaves a cell as it is.',
    ),
  column_mapping: z
    .record(z.string(), z.string())
    .nullable()
    .default(null)
    .describe('Field to column letters.'),
  create_sheet_if_missing: z
    .boolean()
    .default(false)
    .describe('Makes the sheet when it is not there.'),
  parameter_keys: parameterKeys,
});

type Fields = z.output<typeof params>;

/** `google_sheets_write`: adds rows to a spreadsheet, or writes over some (blocks.md §4.16). */
export const googleSheetsWrite = defineBlock({
  type: 'google_sheets_write',
  summary: 'Writes rows to a Google spreadsheet.',
  needs: ['sheets'],
  effect: 'external',
  params,
  rendered: {
    spreadsheet_url: 'text',
    sheet_name: 'text',
    range: 'text',
    credential_id: 'text',
    values: 'cells',
  },
  // The same values in the same place.
  isIdempotent: (fields) => fields.write_mode === 'update',
  run: (ctx, fields) =>
    reported(ctx, { what: 'write', credentialId: fields.credential_id }, () => write(ctx, fields)),
});

async function write(ctx: BlockContext, fields: Fields): Promise<BlockResult> {
  const content = rowsToWrite(fields.values, fields.column_mapping);
  const isRich = hasRichCells(content.rows);
  const destination = await findDestination(ctx, fields, { needsSheet: isRich });
  const facts = {
    spreadsheet_id: destination.spreadsheetId,
    write_mode: fields.write_mode,
    requested_destination: destination.requested,
  };
  if (content.rows.length === 0) {
    return nothingToWrite(facts, destination);
  }
  return isRich
    ? await writeCells(ctx, facts, { destination, content, mode: fields.write_mode })
    : await writeValues(ctx, facts, { destination, content, mode: fields.write_mode });
}

interface Writing {
  readonly destination: Destination;
  readonly content: WriteRows;
  readonly mode: Fields['write_mode'];
}

function nothingToWrite(facts: JsonObject, destination: Destination): BlockResult {
  const output = {
    ...facts,
    range_sent: null,
    updated_range: null,
    updated_range_source: 'nothing_written',
    destination_anchor_source: destination.anchorSource,
    rows_written: 0,
    response: {},
  };
  return { status: 'completed', output };
}

async function writeValues(
  ctx: BlockContext,
  facts: JsonObject,
  { destination, content, mode }: Writing,
): Promise<BlockResult> {
  const { rows, range } = placed(destination, content, mode);
  const response = await ctx.sheets.write({
    mode,
    spreadsheetId: destination.spreadsheetId,
    range,
    values: rows,
  });
  const updates = isJsonObject(response.updates) ? response.updates : response;
  const output = {
    ...facts,
    range_sent: range,
    updated_range: updates.updatedRange ?? null,
    updated_range_source: 'values_api_updated_range',
    destination_anchor_source: destination.anchorSource,
    rows_written: content.rows.length,
    response,
  };
  return { status: 'completed', output };
}

/** Mapped columns are the sheet's: an append begins at column A, an update at the first mapped one. */
function placed(
  destination: Destination,
  { rows, firstColumn }: WriteRows,
  mode: Fields['write_mode'],
): { readonly rows: WriteRows['rows']; readonly range: string } {
  if (firstColumn === null) {
    return { rows, range: rangeSent(destination, null) };
  }
  if (mode === 'update') {
    return { rows, range: rangeSent(destination, cellName(destination.row, firstColumn)) };
  }
  const padding = Array.from({ length: firstColumn }, () => null);
  const padded = rows.map((row) => [...padding, ...row]);
  return { rows: padded, range: rangeSent(destination, cellName(destination.row, 0)) };
}

async function writeCells(
  ctx: BlockContext,
  facts: JsonObject,
  { destination, content, mode }: Writing,
): Promise<BlockResult> {
  const column = content.firstColumn ?? destination.column;
  const place = { sheetId: destination.sheetId ?? 0, row: destination.row, column };
  const requests =
    mode === 'append' ? appendRequests(content.rows, place) : updateRequests(content.rows, place);
  const response = await ctx.sheets.batchUpdate(destination.spreadsheetId, requests);
  const output = {
    ...facts,
    range_sent: mode === 'append' ? null : rangeSent(destination, cellName(place.row, column)),
    updated_range: null,
    updated_range_source: 'batch_update_reports_no_range',
    destination_anchor_source: 'not_applicable',
    rows_written: content.rows.length,
    response,
  };
  return { status: 'completed', output };
}
