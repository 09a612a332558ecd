const longestName = 64;

/** Whether two names differ by spelling only: case, separators, and at most two letters more, fewer or other. */
export function resembles(one: string, other: string): boolean {
  if (one.length > longestName || other.length > longestName) {
    return false;
  }
  const [a, b] = [plain(one), plain(other)];
  const allowed = Math.min(2, Math.floor(Math.min(a.length, b.length) / 4));
  return Math.abs(a.length - b.length) <= allowed && editDistance(a, b) <= allowed;
}

function plain(name: string): string {
  return name.toLowerCase().replace(/[^\p{L}\p{N}]/gu, '');
}

/** Levenshtein's distance, row by row. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const change = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(change, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
