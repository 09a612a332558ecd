import type { JsonObject, JsonValue } from '../json.ts';

/** One sheet (tab) of a spreadsheet. */
export interface SheetProperties {
  readonly sheetId: number;
  readonly title: string;
}

/** A rectangle of values with what it took. */
export interface SheetValues {
  /** The range that was read, as the API writes it. */
  readonly range: string;
  /** Rows as displayed; trailing empty cells and rows are left out. */
  readonly values: readonly (readonly JsonValue[])[];
}

/** A rectangle of cells with their formatting. */
export interface SheetCells {
  /** The API's `CellData` objects; rows of different lengths. */
  readonly rows: readonly (readonly JsonObject[])[];
  /** The API's `GridRange` objects of the sheet. */
  readonly merges: readonly JsonObject[];
}

/** Why a call went wrong. `not_set_up`: the server has no account. `login`: the account is refused. `api`: Google said no. */
export type SheetsFailureKind = 'not_set_up' | 'login' | 'api' | 'other';

/** A call of the Google Sheets API that failed. */
export class SheetsFailure extends Error {
  override readonly name = 'SheetsFailure';
  readonly kind: SheetsFailureKind;
  /** HTTP status of the answer; null without one. */
  readonly status: number | null;
  /** Google's name of the error (`PERMISSION_DENIED`). */
  readonly code: string | null;

  constructor(
    kind: SheetsFailureKind,
    message: string,
    options: { status?: number; code?: string | null; cause?: unknown } = {},
  ) {
    super(message, { cause: options.cause });
    this.kind = kind;
    this.status = options.status ?? null;
    this.code = options.code ?? null;
  }
}

/** Google Sheets, by the account of the server. Every call rejects with {@link SheetsFailure}. */
export interface SheetsCapability {
  sheets(spreadsheetId: string): Promise<readonly SheetProperties[]>;
  values(spreadsheetId: string, range: string): Promise<SheetValues>;
  cells(spreadsheetId: string, range: string): Promise<SheetCells>;
  /** Puts rows under the table that the range touches, or over the range; null leaves a cell as it is. */
  write(call: {
    readonly mode: 'append' | 'update';
    readonly spreadsheetId: string;
    readonly range: string;
    readonly values: readonly (readonly JsonValue[])[];
  }): Promise<JsonObject>;
  /** The API's `batchUpdate` with these requests: all are done or none. */
  batchUpdate(spreadsheetId: string, requests: readonly JsonObject[]): Promise<JsonObject>;
}
