import { isDeepStrictEqual } from 'node:util';

/** What has to be so. Nothing stops at the first fault: all are listed at the end. */
export interface Checklist {
  /** Number of things that were looked at. */
  readonly checked: number;
  /** What is not as it must be, each with the value that was found and the one that was expected. */
  readonly faults: readonly string[];
  /** Compares deeply. */
  equal(what: string, actual: unknown, expected: unknown): void;
  /** `found` says what there is instead. */
  holds(what: string, condition: boolean, found?: unknown): void;
}

export function createChecklist(): Checklist {
  const faults: string[] = [];
  let checked = 0;
  const note = (ok: boolean, fault: () => string) => {
    checked += 1;
    if (!ok) faults.push(fault());
  };
  return {
    get checked() {
      return checked;
    },
    faults,
    equal: (what, actual, expected) =>
      note(
        isDeepStrictEqual(actual, expected),
        () => `${what}: expected ${JSON.stringify(expected)}, found ${JSON.stringify(actual)}`,
      ),
    holds: (what, condition, found) =>
      note(condition, () =>
        found === undefined ? what : `${what}, but found ${JSON.stringify(found)}`,
      ),
  };
}
