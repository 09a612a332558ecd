const ESCAPE =
  /\\(?:\n|x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-7]{1,3})|([\s\S]))/g;
const MAX_CODE_POINT = 0x10ffff;

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
    const [whole = '', hex2, hex4, hex8, octal, single] = match;
    const hex = hex2 ?? hex4 ?? hex8;
    if (hex !== undefined || octal !== undefined) {
      const code = hex === undefined ? Number.parseInt(octal ?? '0', 8) : Number.parseInt(hex, 16);
      if (code <= MAX_CODE_POINT) return String.fromCodePoint(code);
      valid = false;
      return '';
    }
    if (single === undefined) return '';
    if (single === 'x' || single === 'u' || single === 'U' || single === 'N') valid = false;
    return SIMPLE.get(single) ?? whole;
  });
  return valid ? text : null;
}
