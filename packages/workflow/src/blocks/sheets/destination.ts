import { type SheetProperties, SheetsFailure } from '../../capabilities/sheets.ts';
import { BlockFailure } from '../../errors.ts';
import { isJsonObject } from '../../json.ts';
import type { BlockContext } from '../block.ts';
import { cellName, parseRange, rangeIn, splitSheet } from './a1.ts';
import {
  findSheet,
  missingSheet,
  namedSheet,
  type PlaceFields,
  type SpreadsheetReference,
  spreadsheetOf,
} from './spreadsheet.ts';

/** Where a block writes. */
export interface Destination {
  readonly spreadsheetId: string;
  /** The place as the block named it. */
  readonly requested: string;
  /** Title of the sheet; null when it is not known and the API decides. */
  readonly title: string | null;
  readonly sheetId: number | null;
  /** The range without its sheet; empty when the block gave none. */
  readonly cells: string;
  /** Where it begins, from 0. */
  readonly row: number;
  readonly column: number;
  /** `snapshot_unavailable`: the spreadsheet could not be looked at, and the names of the block were taken as they are. */
  readonly anchorSource: 'resolved' | 'snapshot_unavailable';
}

interface DestinationFields extends PlaceFields {
  readonly spreadsheet_url: string;
  readonly create_sheet_if_missing: boolean;
}

/**
 * Finds the sheet that a block names, or makes it.
 * @param options `needsSheet`: its id must be known, so a failed look-up fails.
 * @throws BlockFailure, SheetsFailure
 */
export async function findDestination(
  ctx: BlockContext,
  fields: DestinationFields,
  options: { readonly needsSheet: boolean },
): Promise<Destination> {
  const reference = spreadsheetOf(fields.spreadsheet_url);
  const { cells } = splitSheet(fields.range?.trim() ?? '');
  const at = cells === '' ? null : parseRange(cells);
  if (cells !== '' && at === null) {
    throw new BlockFailure(`The range "${fields.range}" is not in A1 notation, as Sheet1!A2 is`);
  }
  const named = namedSheet(fields);
  const isOptional = !options.needsSheet && !fields.create_sheet_if_missing;
  const found = await lookUp(ctx, reference, {
    named,
    isOptional,
    create: fields.create_sheet_if_missing,
  });
  const title = found?.title ?? named;
  return {
    spreadsheetId: reference.id,
    requested: requestedPlace(fields, title),
    title,
    sheetId: found?.sheetId ?? null,
    cells,
    row: at?.startRow ?? 0,
    column: at?.startColumn ?? 0,
    anchorSource: found === null ? 'snapshot_unavailable' : 'resolved',
  };
}

interface Wanted {
  readonly named: string | null;
  /** Whether the write can go on without a look at the spreadsheet. */
  readonly isOptional: boolean;
  readonly create: boolean;
}

async function lookUp(
  ctx: BlockContext,
  reference: SpreadsheetReference,
  wanted: Wanted,
): Promise<SheetProperties | null> {
  let sheets: readonly SheetProperties[];
  try {
    sheets = await ctx.sheets.sheets(reference.id);
  } catch (error) {
    const mayGoOn =
      error instanceof SheetsFailure && (error.kind === 'api' || error.kind === 'other');
    if (mayGoOn && wanted.isOptional && (wanted.named !== null || reference.sheetId === null)) {
      return null;
    }
    throw error;
  }
  const found = findSheet(sheets, wanted.named, reference);
  if (found !== null) {
    return found;
  }
  if (!wanted.create || wanted.named === null) {
    throw missingSheet(wanted.named, sheets);
  }
  return await addSheet(ctx, reference.id, wanted.named);
}

async function addSheet(
  ctx: BlockContext,
  spreadsheetId: string,
  title: string,
): Promise<SheetProperties> {
  const request = { addSheet: { properties: { title } } };
  const response = await ctx.sheets.batchUpdate(spreadsheetId, [request]);
  const [reply] = Array.isArray(response.replies) ? response.replies : [];
  const added =
    isJsonObject(reply) && isJsonObject(reply.addSheet) ? reply.addSheet.properties : null;
  const sheetId = isJsonObject(added ?? null) ? (added as { sheetId?: unknown }).sheetId : null;
  if (typeof sheetId !== 'number') {
    throw new BlockFailure(`The sheet ${title} was made, but the answer does not name its id`);
  }
  return { sheetId, title };
}

function requestedPlace(fields: PlaceFields, title: string | null): string {
  const range = fields.range?.trim() ?? '';
  const { sheet, cells } = splitSheet(range);
  if (range === '' || sheet !== null) {
    return range || title || '';
  }
  return title === null ? cells : rangeIn(title, cells);
}

/** The range that the API is told: the block's, or this cell, or the first cell of the sheet. */
export function rangeSent(destination: Destination, cell: string | null): string {
  const cells = cell ?? (destination.cells || cellName(0, 0));
  return destination.title === null ? cells : rangeIn(destination.title, cells);
}
