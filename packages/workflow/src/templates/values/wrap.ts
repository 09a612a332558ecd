import { typeError } from '../errors.ts';
import type { Runtime } from '../runtime.ts';
import { characters, textLength } from './iterate.ts';

export interface WrapStyle {
  readonly width: number;
  readonly breaksLongWords: boolean;
  readonly breaksOnHyphens: boolean;
}

/** Where Python's `textwrap` may break: around white space, after hyphens between letters, around dashes. */
const CHUNKS =
  /[\t\n\v\f\r ]+|(?<=[\w!"'&.,?])-{2,}(?=\w)|[^\t\n\v\f\r ](?:[^\t\n\v\f\r -]|-(?![\p{L}_]{2}|[\p{L}_]-[\p{L}_])|(?<![\p{L}_]{2}|[\p{L}_]-[\p{L}_])-)*-?/gu;
const SPACES = /[\t\n\v\f\r ]+|[^\t\n\v\f\r ]+/g;

/** The lines of a paragraph that is wrapped to a width. */
export function wrapped(rt: Runtime, line: string, style: WrapStyle): readonly string[] {
  if (style.width <= 0) throw typeError(`invalid width ${style.width} (must be > 0)`);
  rt.budget.chars(line.length, 8);
  const chunks = [...(line.match(style.breaksOnHyphens ? CHUNKS : SPACES) ?? [])].reverse();
  rt.budget.items(chunks.length);
  const found: string[] = [];
  while (chunks.length > 0) {
    const taken = takeLine(chunks, style, found.length > 0);
    if (taken !== '') found.push(taken);
    rt.budget.chars(chunks.at(-1)?.length ?? 0, 2);
    rt.budget.spend(0.25);
  }
  return found;
}

/** Takes chunks off the end of the list while they fit; white space at the edges of lines is dropped. */
function takeLine(chunks: string[], style: WrapStyle, later: boolean): string {
  if (later && isBlank(chunks.at(-1))) chunks.pop();
  const line: string[] = [];
  let room = style.width;
  for (let chunk = chunks.at(-1); chunk !== undefined; chunk = chunks.at(-1)) {
    const length = textLength(chunk);
    if (length > room) break;
    line.push(chunk);
    chunks.pop();
    room -= length;
  }
  const next = chunks.at(-1);
  if (next !== undefined && textLength(next) > style.width)
    breakWord(chunks, line, { ...style, room });
  if (isBlank(line.at(-1))) line.pop();
  return line.join('');
}

function breakWord(chunks: string[], line: string[], style: WrapStyle & { room: number }): void {
  const word = chunks.pop();
  if (word === undefined) return;
  if (!style.breaksLongWords) {
    if (line.length === 0) line.push(word);
    else chunks.push(word);
    return;
  }
  const letters = characters(word);
  let cut = style.width < 1 ? 1 : style.room;
  const hyphen = letters.slice(0, cut).lastIndexOf('-');
  const breaksThere = style.breaksOnHyphens && letters.length > cut && hyphen > 0;
  if (breaksThere && letters.slice(0, hyphen).some((letter) => letter !== '-')) cut = hyphen + 1;
  line.push(letters.slice(0, cut).join(''));
  chunks.push(letters.slice(cut).join(''));
}

function isBlank(chunk: string | undefined): boolean {
  return chunk !== undefined && chunk.trim() === '';
}
