import { readFileSync } from 'node:fs';

const page = readFileSync(new URL('../../docs/compatibility.md', import.meta.url), 'utf8');

/** A row of a table of `docs/compatibility.md`. */
interface Row {
  /** What stands between backticks in its first cell. */
  readonly names: readonly string[];
  /** Its second cell. */
  readonly state: string;
}

const namesIn = (cell: string) => [...cell.matchAll(/`([^`]+)`/g)].map((match) => match[1] ?? '');

/** The rows of the tables under a heading, up to the next one of its level. */
export function rowsUnder(heading: string): Row[] {
  const level = /^#+ /.exec(heading)?.[0] ?? '';
  const [, after = ''] = `${page}\n`.split(`\n${heading}\n`);
  const section = after.split(`\n${level}`)[0] ?? '';
  return section
    .split('\n')
    .filter((line) => line.startsWith('| ') && !line.startsWith('|---'))
    .map((line) => line.split(/(?<!\\)\|/).map((cell) => cell.trim()))
    .map((cells) => ({ names: namesIn(cells[1] ?? ''), state: cells[2] ?? '' }))
    .filter(({ names }) => names.length > 0);
}
