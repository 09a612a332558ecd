import { outputKey } from './names.ts';

/** Old names and their clean ones; names that are clean already are left out. */
export interface CleanNames {
  readonly labels: ReadonlyMap<string, string>;
  /** Keys of parameters, declared ones and outputs. */
  readonly keys: ReadonlyMap<string, string>;
}

/** ASCII letters, digits and single underscores, no digit first (blocks.md §1.5). */
function cleanName(name: string, empty: string): string {
  const plain = name
    .replace(/[^A-Za-z0-9]+/g, '_')
    .replace(/^_/, '')
    .replace(/_$/, '');
  if (plain === '') {
    return empty;
  }
  return /^\d/.test(plain) ? `_${plain}` : plain;
}

/** Clean names for those that need one; a name that is taken gets `_2`, `_3`, … Equal names stay equal. */
function renamings(names: readonly string[], empty: string): ReadonlyMap<string, string> {
  const distinct = [...new Set(names)];
  const taken = new Set(distinct.filter((name) => cleanName(name, empty) === name));
  const dirty = distinct.filter((name) => !taken.has(name));
  const counts = new Map<string, number>();
  return new Map(
    dirty.map((name) => {
      const clean = cleanName(name, empty);
      let candidate = clean;
      let count = counts.get(clean) ?? 1;
      while (taken.has(candidate)) {
        count += 1;
        candidate = `${clean}_${count}`;
      }
      counts.set(clean, count);
      taken.add(candidate);
      return [name, candidate];
    }),
  );
}

export function cleanNames(labels: readonly string[], keys: readonly string[]): CleanNames {
  const cleanLabels = renamings(labels, 'block');
  const outputs = [...cleanLabels].map(([old, clean]): [string, string] => [
    outputKey(old),
    outputKey(clean),
  ]);
  return { labels: cleanLabels, keys: new Map([...outputs, ...renamings(keys, 'parameter')]) };
}
