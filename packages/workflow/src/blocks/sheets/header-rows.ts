import type { JsonObject, JsonValue } from '../../json.ts';

/**
 * Rows as objects by the first row's texts. Blank headers become `col_N` (N from 1), repeated ones `name_2`, `name_3`, …;
 * cells that a row lacks are empty texts.
 */
export function rowsByHeader(values: readonly (readonly JsonValue[])[]): readonly JsonObject[] {
  const [first = [], ...rows] = values;
  const width = Math.max(0, ...values.map((row) => row.length));
  const names = uniqueNames(
    Array.from({ length: width }, (_, index) => {
      const text = String(first[index] ?? '').trim();
      return text === '' ? `col_${index + 1}` : text;
    }),
  );
  return rows.map((row) =>
    Object.fromEntries(names.map((name, index) => [name, row[index] ?? ''])),
  );
}

function uniqueNames(names: readonly string[]): readonly string[] {
  const taken = new Set<string>();
  return names.map((name) => {
    let unique = name;
    for (let count = 2; taken.has(unique); count += 1) {
      unique = `${name}_${count}`;
    }
    taken.add(unique);
    return unique;
  });
}
