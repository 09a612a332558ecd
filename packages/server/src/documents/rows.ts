/**
 * Keys of the columns of a table: a header that comes again gets `_2`, `_3`, …; a column without one is `column_<n>`,
 * counted from 1.
 */
export function columnNames(headers: readonly string[], columns: number): string[] {
  const taken = new Set<string>();
  return Array.from({ length: columns }, (_, index) => {
    const header = headers[index]?.trim() || `column_${index + 1}`;
    let name = header;
    for (let count = 2; taken.has(name); count += 1) name = `${header}_${count}`;
    taken.add(name);
    return name;
  });
}
