/** Bounds of what a definition may be. They keep every check short and every stored definition small. */
export const limits = {
  /** Blocks of a definition, those in loops included. */
  blocks: 5_000,
  /** Declared parameters. */
  parameters: 2_000,
  /** Loops in loops. */
  loopDepth: 50,
  /** Objects and lists in each other, in the whole document and in a parameter's value. */
  jsonDepth: 200,
  /** Values of the whole document: every entry of every object and list. */
  jsonValues: 250_000,
  /** Context parameters whose source is a context parameter, in a row. */
  contextChain: 10,
  /** Characters that the parameters take, written out in full in every block that names them. */
  parameterCharacters: 20_000_000,
  /** Problems that are listed. */
  issues: 1_000,
  /** Names that one message lists, and characters that it shows of each. */
  namesShown: 20,
  nameCharacters: 100,
} as const;

interface JsonLimits {
  readonly depth: number;
  readonly values: number;
}

/**
 * Says why a value is too large to be handled; null when it is not. Needs no stack, whatever the depth, and stops at
 * the first limit, so that shared and circular parts (YAML aliases) end too.
 */
export function tooLarge(
  root: unknown,
  bounds: JsonLimits = { depth: limits.jsonDepth, values: limits.jsonValues },
): string | null {
  const waiting: { value: object; depth: number }[] = [];
  let values = 1;
  const visit = (value: unknown, depth: number) => {
    if (typeof value === 'object' && value !== null) {
      waiting.push({ value, depth });
    }
  };
  visit(root, 1);
  for (let item = waiting.pop(); item !== undefined; item = waiting.pop()) {
    if (item.depth > bounds.depth) {
      return `objects and lists are nested more than ${bounds.depth} levels deep; flatten them`;
    }
    const entries: readonly unknown[] = Array.isArray(item.value)
      ? item.value
      : Object.values(item.value);
    values += entries.length;
    if (values > bounds.values) {
      return `it holds more than ${bounds.values} values; split it into smaller parts`;
    }
    for (const entry of entries) {
      visit(entry, item.depth + 1);
    }
  }
  return null;
}
