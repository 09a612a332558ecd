import { isJsonObject, type JsonObject, type JsonValue } from '../../json.ts';

/** One row to write. Null leaves a cell as it is. */
export type WriteRow = readonly JsonValue[];

/** Fields of the API's `CellData` that can be written; `value` stands for `userEnteredValue`. */
const written = [
  'userEnteredValue',
  'userEnteredFormat',
  'note',
  'textFormatRuns',
  'dataValidation',
];

/** Whether a value is a cell with formatting, as `cells` of `google_sheets_read` gives them, or `{"value": …}` with any. */
export function isRichCell(value: JsonValue): value is JsonObject {
  return isJsonObject(value) && (written.some((key) => key in value) || 'value' in value);
}

/** Whether some cell asks for more than a plain value. */
export function hasRichCells(rows: readonly WriteRow[]): boolean {
  return rows.some((row) => row.some((value) => isRichCell(value)));
}

/** Where a batch update puts rows. */
export interface CellPlace {
  readonly sheetId: number;
  readonly row: number;
  readonly column: number;
}

/** Requests that put rows under all that the sheet holds. Cells left of the place stay empty. */
export function appendRequests(rows: readonly WriteRow[], place: CellPlace): readonly JsonObject[] {
  const padding: JsonValue[] = Array.from({ length: place.column }, () => null);
  const padded = rows.map((row) => [...padding, ...row]);
  return [{ appendCells: { sheetId: place.sheetId, ...cellData(padded) } }];
}

/** Requests that put rows over a place. A cell that is null is left as it is, so each run between such cells is one request. */
export function updateRequests(rows: readonly WriteRow[], place: CellPlace): readonly JsonObject[] {
  if (!rows.some((row) => row.includes(null))) {
    return [updateCells(rows, place)];
  }
  return rows.flatMap((row, index) =>
    runsOf(row).map(({ start, cells }) =>
      updateCells([cells], { ...place, row: place.row + index, column: place.column + start }),
    ),
  );
}

function updateCells(rows: readonly WriteRow[], place: CellPlace): JsonObject {
  const start = { sheetId: place.sheetId, rowIndex: place.row, columnIndex: place.column };
  return { updateCells: { start, ...cellData(rows) } };
}

function runsOf(row: WriteRow): readonly { readonly start: number; readonly cells: WriteRow }[] {
  const runs: { start: number; cells: JsonValue[] }[] = [];
  for (const [index, value] of row.entries()) {
    const last = runs.at(-1);
    if (value === null) {
      continue;
    }
    if (last !== undefined && last.start + last.cells.length === index) {
      last.cells.push(value);
    } else {
      runs.push({ start: index, cells: [value] });
    }
  }
  return runs;
}

/** Rows as `RowData`, and the names of the fields that they set: the API clears those where a cell lacks them. */
function cellData(rows: readonly WriteRow[]): JsonObject {
  const data = rows.map((row) => row.map(toCellData));
  const used = new Set(data.flat().flatMap((cell) => Object.keys(cell)));
  return {
    rows: data.map((values) => ({ values })),
    fields: [...new Set(['userEnteredValue', ...used])].join(','),
  };
}

function toCellData(value: JsonValue): JsonObject {
  if (!isRichCell(value)) {
    return value === null ? {} : { userEnteredValue: extendedValue(value) };
  }
  const short = 'value' in value ? { userEnteredValue: extendedValue(value.value ?? null) } : {};
  return {
    ...short,
    ...Object.fromEntries(Object.entries(value).filter(([key]) => written.includes(key))),
  };
}

/** The API's `ExtendedValue`. */
function extendedValue(value: JsonValue): JsonObject {
  switch (typeof value) {
    case 'number':
      return { numberValue: value };
    case 'boolean':
      return { boolValue: value };
    case 'string':
      return value.startsWith('=') ? { formulaValue: value } : { stringValue: value };
    default:
      return value === null ? {} : { stringValue: JSON.stringify(value) };
  }
}
