import type { JsonValue } from '../../json.ts';
import type { BlockContext } from '../block.ts';

const address = /^[^\s@<>()[\]",;:\\]+@[^\s@<>()[\]",;:\\.]+(?:\.[^\s@<>()[\]",;:\\.]+)+$/u;
const inBrackets = /^[^<>]*<([^<>]+)>$/;
const longest = 254;

/**
 * The plain address in `ann@x.co` or `Ann <ann@x.co>`; null when the text is none.
 */
export function plainAddress(text: string): string | null {
  const trimmed = text.trim();
  const plain = (inBrackets.exec(trimmed)?.[1] ?? trimmed).trim();
  return plain.length <= longest && address.test(plain) ? plain : null;
}

/**
 * Every valid address that a field names, each once: items are addresses, several of them with commas or semicolons
 * between, lists as JSON, or the key of a parameter that holds any of these.
 */
export function addressesIn(ctx: BlockContext, items: readonly string[]): readonly string[] {
  const found = items
    .flatMap((item) => textsIn(ctx.value(item.trim()) ?? item))
    .map((text) => plainAddress(text))
    .filter((found) => found !== null);
  return [...new Map(found.map((one) => [one.toLowerCase(), one])).values()];
}

function textsIn(value: JsonValue): readonly string[] {
  if (Array.isArray(value)) {
    return value.flatMap((item: JsonValue) => textsIn(item));
  }
  if (typeof value !== 'string') {
    return [];
  }
  const list = listIn(value);
  return list === null ? value.split(/[,;\n]/) : textsIn(list);
}

function listIn(text: string): JsonValue | null {
  if (!text.trimStart().startsWith('[')) {
    return null;
  }
  try {
    return JSON.parse(text) as JsonValue;
  } catch {
    return null;
  }
}
