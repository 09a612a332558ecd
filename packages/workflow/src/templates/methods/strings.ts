import { typeError } from '../errors.ts';
import { flag, integerOr, needText, textOr } from '../filters/given.ts';
import { type Operation, operation, variadic } from '../operation.ts';
import type { Runtime } from '../runtime.ts';
import { iterate, textLength, textSlice } from '../values/iterate.ts';
import { capitalized, isLower, isUpper, swapped, titled } from '../values/letters.ts';
import { centred, missingWidth } from '../values/pad.ts';
import { replaced, splitAt } from '../values/replace.ts';
import { joined } from '../values/repr.ts';
import { isSpace, lines, type Side, strip } from '../values/space.ts';
import { PyTuple, typeName, type Value } from '../values/value.ts';
import { formatted } from './format.ts';
import { split } from './split.ts';

type Method = Operation<Value>;

function stringOf(value: Value): string {
  return needText(value, 'The value');
}

function plain(change: (text: string) => Value): Method {
  return operation([], (rt, value) => {
    const text = stringOf(value);
    rt.budget.chars(text.length);
    return change(text);
  });
}

function stripped(side: Side): Method {
  return operation(['chars?'], (rt, value, [chars]) => {
    const text = stringOf(value);
    rt.budget.chars(text.length);
    const set = chars === undefined || chars === null ? null : needText(chars, 'strip arg');
    return strip(text, set, side);
  });
}

const join = operation<Value>(['iterable'], (rt, value, [items]) => {
  const parts = iterate(rt, items ?? null).map((item, index) => {
    if (typeof item === 'string') return item;
    throw typeError(`sequence item ${index}: expected str instance, ${typeName(item)} found`);
  });
  return joined(rt, parts, stringOf(value));
});

const replace = operation<Value>(['old', 'new', 'count?'], (rt, value, [old, new_, count]) =>
  replaced(rt, stringOf(value), {
    old: needText(old, 'The text to replace'),
    new: needText(new_, 'The replacement'),
    count: integerOr(count, -1),
  }),
);

/** The part of a text that `find` and its like look at, and where it starts. */
function range(
  rt: Runtime,
  text: string,
  [start, stop]: readonly [Value | undefined, Value | undefined],
): { part: string; offset: number } {
  rt.budget.chars(text.length);
  const length = textLength(text);
  const clamp = (bound: Value | undefined, fallback: number) => {
    const at = bound === null ? fallback : integerOr(bound, fallback);
    return Math.min(length, Math.max(0, at < 0 ? at + length : at));
  };
  const offset = clamp(start, 0);
  return { part: textSlice(text, offset, Math.max(offset, clamp(stop, length))), offset };
}

function finder(last: boolean, required: boolean): Method {
  return operation(['sub', 'start?', 'end?'], (rt, value, [sub, start, end]) => {
    const wanted = needText(sub, 'The text to find');
    const { part, offset } = range(rt, stringOf(value), [start, end]);
    rt.budget.search(part.length, wanted.length);
    const at = last ? part.lastIndexOf(wanted) : part.indexOf(wanted);
    if (at === -1 && required) throw typeError('substring not found');
    return at === -1 ? -1 : offset + textLength(part.slice(0, at));
  });
}

const count = operation<Value>(['sub', 'start?', 'end?'], (rt, value, [sub, start, end]) => {
  const { part } = range(rt, stringOf(value), [start, end]);
  const wanted = needText(sub, 'The text to count');
  return wanted === '' ? textLength(part) + 1 : splitAt(rt, part, wanted).length - 1;
});

function edge(has: (text: string, affix: string) => boolean): Method {
  return operation(['affix', 'start?', 'end?'], (rt, value, [affix, start, end]) => {
    const { part } = range(rt, stringOf(value), [start, end]);
    const affixes = affix instanceof PyTuple ? affix.items : [affix];
    return affixes.some((one) => has(part, needText(one, 'The text to compare with')));
  });
}

const removeprefix = operation<Value>(['prefix'], (_, value, [prefix]) => {
  const start = needText(prefix, 'The prefix');
  const text = stringOf(value);
  return text.startsWith(start) ? text.slice(start.length) : text;
});

const removesuffix = operation<Value>(['suffix'], (_, value, [suffix]) => {
  const end = needText(suffix, 'The suffix');
  const text = stringOf(value);
  return end !== '' && text.endsWith(end) ? text.slice(0, -end.length) : text;
});

function padder(
  pad: (rt: Runtime, text: string, options: { width: number; fill: string }) => string,
): Method {
  return operation(['width', 'fillchar?'], (rt, value, [width, fillchar]) => {
    const fill = textOr(rt, fillchar, ' ');
    if (textLength(fill) !== 1)
      throw typeError('The fill character must be exactly one character long');
    return pad(rt, stringOf(value), { width: integerOr(width, 0), fill });
  });
}

const zfill = operation<Value>(['width'], (rt, value, [width]) => {
  const text = stringOf(value);
  const zeros = '0'.repeat(missingWidth(rt, text, integerOr(width, 0)));
  return /^[+-]/.test(text) ? text.slice(0, 1) + zeros + text.slice(1) : zeros + text;
});

function partition(last: boolean): Method {
  return operation(['sep'], (rt, value, [separator]) => {
    const text = stringOf(value);
    const mark = needText(separator, 'The separator');
    if (mark === '') throw typeError('empty separator');
    rt.budget.search(text.length, mark.length);
    const at = last ? text.lastIndexOf(mark) : text.indexOf(mark);
    if (at === -1) return new PyTuple(last ? ['', '', text] : [text, '', '']);
    return new PyTuple([text.slice(0, at), mark, text.slice(at + mark.length)]);
  });
}

const splitlines = operation<Value>(['keepends?'], (rt, value, [keepends]) => {
  rt.budget.chars(stringOf(value).length);
  const found = lines(stringOf(value), flag(rt, keepends));
  rt.budget.items(found.length);
  return found;
});

function all(pattern: RegExp): Method {
  return plain((text) => pattern.test(text));
}

/** Methods of texts. */
export const STRING_METHODS: ReadonlyMap<string, Method> = new Map<string, Method>([
  ['upper', plain((text) => text.toUpperCase())],
  ['lower', plain((text) => text.toLowerCase())],
  ['casefold', plain((text) => text.replaceAll('ß', 'ss').toLowerCase())],
  ['title', plain(titled)],
  ['capitalize', plain(capitalized)],
  ['swapcase', plain(swapped)],
  ['strip', stripped('both')],
  ['lstrip', stripped('left')],
  ['rstrip', stripped('right')],
  ['split', split('left')],
  ['rsplit', split('right')],
  ['splitlines', splitlines],
  ['join', join],
  ['replace', replace],
  ['find', finder(false, false)],
  ['rfind', finder(true, false)],
  ['index', finder(false, true)],
  ['rindex', finder(true, true)],
  ['count', count],
  ['startswith', edge((text, affix) => text.startsWith(affix))],
  ['endswith', edge((text, affix) => text.endsWith(affix))],
  ['removeprefix', removeprefix],
  ['removesuffix', removesuffix],
  ['center', padder((rt, text, { width, fill }) => centred(rt, text, width, fill))],
  [
    'ljust',
    padder((rt, text, { width, fill }) => text + fill.repeat(missingWidth(rt, text, width))),
  ],
  [
    'rjust',
    padder((rt, text, { width, fill }) => fill.repeat(missingWidth(rt, text, width)) + text),
  ],
  ['zfill', zfill],
  ['partition', partition(false)],
  ['rpartition', partition(true)],
  ['format', variadic((rt, value, call) => formatted(rt, stringOf(value), call))],
  ['isdigit', all(/^[\p{Nd}²³¹⁰⁴-⁹₀-₉]+$/u)],
  ['isdecimal', all(/^\p{Nd}+$/u)],
  ['isnumeric', all(/^\p{N}+$/u)],
  ['isalpha', all(/^\p{L}+$/u)],
  ['isalnum', all(/^[\p{L}\p{N}]+$/u)],
  ['isspace', plain(isSpace)],
  ['isupper', plain(isUpper)],
  ['islower', plain(isLower)],
  ['istitle', plain((text) => /\p{L}/u.test(text) && titled(text) === text)],
  ['isascii', plain((text) => /^[\0-\x7f]*$/.test(text))],
]);
