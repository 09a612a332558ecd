/** How often each of a few things has happened since the process started. */
export class Tally<Key extends string> {
  readonly #counts: Map<Key, number>;

  /** @param keys What is shown even before it has happened. */
  constructor(keys: readonly Key[]) {
    this.#counts = new Map(keys.map((key) => [key, 0]));
  }

  add(key: Key): void {
    this.#counts.set(key, (this.#counts.get(key) ?? 0) + 1);
  }

  get counts(): ReadonlyMap<Key, number> {
    return this.#counts;
  }
}
