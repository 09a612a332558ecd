import type { SheetProperties } from '../../capabilities/sheets.ts';
import { BlockFailure } from '../../errors.ts';
import { splitSheet } from './a1.ts';

/** What the field `spreadsheet_url` names. */
export interface SpreadsheetReference {
  readonly id: string;
  /** Id of the sheet that the address shows (`#gid=…`). */
  readonly sheetId: number | null;
}

const address = /\/spreadsheets\/(?:u\/\d+\/)?d\/([A-Za-z0-9_-]+)/;
const plainId = /^[A-Za-z0-9_-]+$/;
const shownSheet = /[#?&]gid=(\d{1,15})(?:\D|$)/;

/**
 * Reads the address of a spreadsheet, or its bare id.
 * @throws BlockFailure
 */
export function spreadsheetOf(text: string): SpreadsheetReference {
  const trimmed = text.trim();
  const id = address.exec(trimmed)?.[1] ?? (plainId.test(trimmed) ? trimmed : null);
  if (id === null) {
    throw new BlockFailure(
      `"${trimmed.slice(0, 300)}" is no spreadsheet: give its address (https://docs.google.com/spreadsheets/d/…) or its id`,
    );
  }
  const sheet = shownSheet.exec(trimmed)?.[1];
  return { id, sheetId: sheet === undefined ? null : Number(sheet) };
}

/** How a block names the place in a spreadsheet. */
export interface PlaceFields {
  readonly sheet_name: string | null;
  readonly range: string | null;
}

/** The title that the fields name: in the range, else by itself. Null when they name none. */
export function namedSheet(fields: PlaceFields): string | null {
  const inRange = splitSheet(fields.range?.trim() ?? '').sheet;
  return inRange ?? (fields.sheet_name?.trim() || null);
}

/** The sheet that is meant: the named one, else the one that the address shows, else the first. Null when it is not there. */
export function findSheet(
  sheets: readonly SheetProperties[],
  named: string | null,
  reference: SpreadsheetReference,
): SheetProperties | null {
  if (named !== null) {
    const lower = named.toLowerCase();
    return (
      sheets.find(({ title }) => title === named) ??
      sheets.find(({ title }) => title.toLowerCase() === lower) ??
      null
    );
  }
  const shown = sheets.find(({ sheetId }) => sheetId === reference.sheetId);
  return shown ?? sheets[0] ?? null;
}

/** The failure to find a sheet. */
export function missingSheet(
  named: string | null,
  sheets: readonly SheetProperties[],
): BlockFailure {
  const titles = sheets.map(({ title }) => title).join(', ');
  return new BlockFailure(`The spreadsheet has no sheet "${named ?? ''}". Its sheets: ${titles}`);
}
