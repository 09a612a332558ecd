/** Prints rows under their column names, aligned, and then the figures as one line of JSON. */
export function report(
  name: string,
  rows: readonly Record<string, string | number>[],
  figures: object,
): void {
  const columns = Object.keys(rows[0] ?? {});
  const cells = [columns, ...rows.map((row) => columns.map((column) => String(row[column] ?? '')))];
  const widths = columns.map((_, index) =>
    Math.max(...cells.map((line) => line[index]?.length ?? 0)),
  );
  for (const line of cells)
    console.log(line.map((cell, index) => cell.padEnd(widths[index] ?? 0)).join('  '));
  console.log(JSON.stringify({ bench: name, ...figures }));
}

/** The value below which the share `p` (0 to 1) of the values lies. */
export function percentile(values: readonly number[], p: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(p * sorted.length))] ?? Number.NaN;
}

export const median = (values: readonly number[]): number => percentile(values, 0.5);
export const round = (value: number, digits = 2): number => Number(value.toFixed(digits));

/** Does `work` `total` times, `clients` at a time: how long each took, in milliseconds, and all together, in seconds. */
export async function atOnce(
  clients: number,
  total: number,
  work: () => Promise<unknown>,
): Promise<{ readonly times: readonly number[]; readonly seconds: number }> {
  const times: number[] = [];
  let left = total;
  const began = performance.now();
  const client = async () => {
    while (left > 0) {
      left -= 1;
      const sent = performance.now();
      await work();
      times.push(performance.now() - sent);
    }
  };
  await Promise.all(Array.from({ length: clients }, client));
  return { times, seconds: (performance.now() - began) / 1000 };
}
