/** One character that Python's `str.isspace` accepts, as the source of a pattern. */
export const SPACE_PATTERN = String.raw`[\t-\r\x1c-\x20\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]`;

const SPACE = new RegExp(SPACE_PATTERN);
const SPACES = new RegExp(`${SPACE_PATTERN}+`);
const LINE_ENDS = String.raw`\n\r\v\f\x1c-\x1e\x85\u2028\u2029`;
const LINE_END = new RegExp(`\\r\\n|[${LINE_ENDS}]`, 'g');

/** Which ends of a text to strip. */
export type Side = 'both' | 'left' | 'right';

/** Python's `strip`: without characters, white space goes. */
export function strip(text: string, chars: string | null, side: Side = 'both'): string {
  const set = chars === null ? null : new Set(chars);
  const goes = (character: string) => (set === null ? SPACE.test(character) : set.has(character));
  const points = set !== null && /[\ud800-\udfff]/.test(text + chars) ? [...text] : text;
  let start = 0;
  let end = points.length;
  if (side !== 'right') while (start < end && goes(points[start] ?? '')) start += 1;
  if (side !== 'left') while (end > start && goes(points[end - 1] ?? '')) end -= 1;
  return typeof points === 'string' ? points.slice(start, end) : points.slice(start, end).join('');
}

/** The words of a text, as `str.split()` finds them. */
export function words(text: string): string[] {
  return text.split(SPACES).filter((word) => word !== '');
}

/** Whether a text consists of white space and is not empty. */
export function isSpace(text: string): boolean {
  return text !== '' && strip(text, null) === '';
}

/** Python's `splitlines`. */
export function lines(text: string, keepEnds = false): string[] {
  const found: string[] = [];
  let start = 0;
  for (const match of text.matchAll(LINE_END)) {
    const end = match.index + match[0].length;
    found.push(text.slice(start, keepEnds ? end : match.index));
    start = end;
  }
  if (start < text.length) found.push(text.slice(start));
  return found;
}
