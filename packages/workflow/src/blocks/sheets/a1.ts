/** A range in A1 notation; rows and columns count from 0, and null is open. */
export interface A1Range {
  /** Title of the sheet; null when the range names none. */
  readonly sheet: string | null;
  readonly startRow: number | null;
  readonly startColumn: number | null;
}

const rangePattern = /^([a-z]{1,3})?(\d{1,7})?(?::[a-z]{0,3}\d{0,7})?$/i;
const plainTitle = /^[A-Za-z_][A-Za-z0-9_]*$/;
const looksLikeCell = /^(?:[a-z]{1,3}\d*|r\d*c\d*)$/i;

/** Reads `Sheet1!A1:B3`, `'My sheet'!A:C`, `B2`, `3:5`; null for anything else, such as the name of a range. */
export function parseRange(text: string): A1Range | null {
  const { sheet, cells } = splitSheet(text.trim());
  const match = rangePattern.exec(cells.replaceAll('$', ''));
  if (match === null || cells === '') {
    return null;
  }
  const [, column, row] = match;
  return {
    sheet,
    startRow: row === undefined ? null : Number(row) - 1,
    startColumn: column === undefined ? null : columnIndex(column),
  };
}

/** The title of the sheet that a range names, and the rest of it. */
export function splitSheet(text: string): {
  readonly sheet: string | null;
  readonly cells: string;
} {
  const quoted = /^'((?:[^']|'')*)'!?(.*)$/s.exec(text);
  if (quoted !== null) {
    return { sheet: (quoted[1] ?? '').replaceAll("''", "'"), cells: quoted[2] ?? '' };
  }
  const at = text.lastIndexOf('!');
  return at < 0
    ? { sheet: null, cells: text }
    : { sheet: text.slice(0, at), cells: text.slice(at + 1) };
}

/** `Sheet1!A1:B3`, the title in quotes where it needs them; the whole sheet without cells. */
export function rangeIn(sheet: string, cells: string): string {
  const isPlain = plainTitle.test(sheet) && !looksLikeCell.test(sheet);
  const title = isPlain ? sheet : `'${sheet.replaceAll("'", "''")}'`;
  return cells === '' ? title : `${title}!${cells}`;
}

/** `A` is 0, `Z` 25, `AA` 26. */
export function columnIndex(letters: string): number {
  return (
    [...letters.toUpperCase()].reduce((sum, letter) => sum * 26 + letter.charCodeAt(0) - 64, 0) - 1
  );
}

/** 0 is `A`, 25 `Z`, 26 `AA`. */
function columnLetters(index: number): string {
  const rest = Math.floor(index / 26);
  const last = String.fromCharCode(65 + (index % 26));
  return rest === 0 ? last : columnLetters(rest - 1) + last;
}

/** The cell at this row and column, both from 0. */
export function cellName(row: number, column: number): string {
  return `${columnLetters(column)}${row + 1}`;
}
