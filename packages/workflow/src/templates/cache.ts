/** Keeps the results of the latest calls, up to a number of entries and a total length of their keys. */
export function remember<T>(
  compute: (key: string) => T,
  limits: { entries: number; characters: number },
): (key: string) => T {
  const kept = new Map<string, T>();
  let characters = 0;
  return (key) => {
    const known = kept.get(key);
    if (known !== undefined) {
      kept.delete(key);
      kept.set(key, known);
      return known;
    }
    const result = compute(key);
    kept.set(key, result);
    characters += key.length;
    for (const oldest of kept.keys()) {
      if (kept.size <= limits.entries && characters <= limits.characters) break;
      kept.delete(oldest);
      characters -= oldest.length;
    }
    return result;
  };
}
