import { BlockFailure } from '../../errors.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../../json.ts';
import { columnIndex } from './a1.ts';
import { isRichCell, type WriteRow } from './rich-cells.ts';

export interface WriteRows {
  readonly rows: readonly WriteRow[];
  /** Column of each row's first cell, from 0; null when the destination decides. */
  readonly firstColumn: number | null;
}

const columnPattern = /^[a-z]{1,3}$/i;

/**
 * Reads the rendered `values`: a list of lists, a list of objects (`mapping` says which field goes to which column), or
 * either under `values` or `rows`.
 * @throws BlockFailure
 */
export function rowsToWrite(
  text: string,
  mapping: Readonly<Record<string, string>> | null,
): WriteRows {
  const rows = listOfRows(unwrapped(parsed(text)));
  if (rows.every((row) => Array.isArray(row))) {
    return {
      rows: (rows as readonly WriteRow[]).map((row) => row.map(cellValue)),
      firstColumn: null,
    };
  }
  if (!rows.every((row) => isJsonObject(row))) {
    throw new BlockFailure(
      'values must be a list of lists or a list of objects, not both or neither',
    );
  }
  if (mapping === null || Object.keys(mapping).length === 0) {
    throw new BlockFailure(
      'values is a list of objects: column_mapping must say which field goes to which column, as in {"name": "A"}',
    );
  }
  return mappedRows(rows as readonly JsonObject[], mapping);
}

function parsed(text: string): JsonValue {
  if (text.trim() === '') {
    throw new BlockFailure('values is empty: give rows as JSON, [[…], […]]');
  }
  try {
    return JSON.parse(text) as JsonValue;
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new BlockFailure(`values is no JSON (${why}): ${text.slice(0, 200)}`, { cause: error });
  }
}

function unwrapped(value: JsonValue): JsonValue {
  return isJsonObject(value) ? (value.values ?? value.rows ?? value) : value;
}

function listOfRows(value: JsonValue): readonly JsonValue[] {
  if (!Array.isArray(value)) {
    throw new BlockFailure(
      'values must be a list of rows, or an object with one under "values" or "rows"',
    );
  }
  return value;
}

function mappedRows(
  rows: readonly JsonObject[],
  mapping: Readonly<Record<string, string>>,
): WriteRows {
  const columns = Object.entries(mapping).map(([field, letters]) => {
    if (!columnPattern.test(letters.trim())) {
      throw new BlockFailure(
        `column_mapping: "${letters}" of ${field} is no column; write letters such as C`,
      );
    }
    return { field, column: columnIndex(letters.trim()) };
  });
  const first = Math.min(...columns.map(({ column }) => column));
  const width = Math.max(...columns.map(({ column }) => column)) - first + 1;
  return {
    firstColumn: first,
    rows: rows.map((row) => {
      const cells: JsonValue[] = Array.from({ length: width }, () => null);
      for (const { field, column } of columns) {
        cells[column - first] = cellValue(row[field] ?? null);
      }
      return cells;
    }),
  };
}

/** What a cell cannot hold is written as JSON text. */
function cellValue(value: JsonValue): JsonValue {
  return typeof value === 'object' && value !== null && !isRichCell(value)
    ? JSON.stringify(value)
    : value;
}
