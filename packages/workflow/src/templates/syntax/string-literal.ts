const ESCAPE =
  /\\(?:\n|x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-7]{1,3})|([\s\S]))/g;
const MAX_CODE_POINT = 0x10ffff;

/** Letters that need digits, or a name, after them. */
const INCOMPLETE = new Set(['x', 'u', 'U', 'N']);

const SIMPLE: ReadonlyMap<string, string> = new Map([
  ['n', '\n'],
  ['t', '\t'],
  ['r', '\r'],
  ['a', '\x07'],
  ['b', '\b'],
  ['f', '\f'],
  ['v', '\v'],
  ["'", "'"],
  ['"', '"'],
  ['\\', '\\'],
]);

/** Resolves the escapes of a Python string literal; null when one is malformed. Unknown escapes stay as they are. */
export function unescapeString(source: string): string | null {
  if (!source.includes('\\')) return source;
  let valid = true;
  const text = source.replace(ESCAPE, (...match: (string | undefined)[]) => {
    const resolved = resolveEscape(match);
    valid &&= resolved !== null;
    return resolved ?? '';
  });
  return valid ? text : null;
}

function resolveEscape([whole = '', hex2, hex4, hex8, octal, single]: readonly (
  | string
  | undefined
)[]): string | null {
  const hex = hex2 ?? hex4 ?? hex8;
  if (hex !== undefined) return codePointText(Number.parseInt(hex, 16));
  if (octal !== undefined) return codePointText(Number.parseInt(octal, 8));
  if (single === undefined) return '';
  return INCOMPLETE.has(single) ? null : (SIMPLE.get(single) ?? whole);
}

function codePointText(code: number): string | null {
  return code <= MAX_CODE_POINT ? String.fromCodePoint(code) : null;
}
