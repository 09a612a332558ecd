import { typeError } from '../errors.ts';
import { type Operation, operation, variadic } from '../operation.ts';
import type { Runtime } from '../runtime.ts';
import { textLength, textSlice } from '../values/iterate.ts';
import { capitalized } from '../values/letters.ts';
import { centred } from '../values/pad.ts';
import { printf } from '../values/printf.ts';
import { replaced } from '../values/replace.ts';
import { joined } from '../values/repr.ts';
import { lines, strip } from '../values/space.ts';
import { text } from '../values/text.ts';
import { PyDict, PyTuple, type Value } from '../values/value.ts';
import { wrapped } from '../values/wrap.ts';
import { flag, integerOr, textOr } from './given.ts';

type Filter = Operation<Value>;

/** A filter without arguments that reads its value as text, so many times. */
function ofText(change: (value: string) => Value, reads = 1): Filter {
  return operation([], (rt, value) => {
    const shown = text(rt, value);
    rt.budget.chars(shown.length, reads);
    return change(shown);
  });
}

const WORD_START = /([-\s({[<]+)/;
const WORD = /[\p{L}\p{N}_]+/gu;

function title(value: string): string {
  return value.split(WORD_START).map(capitalized).join('');
}

const replace = operation(['old', 'new', 'count?'], (rt, value, [old, new_, count]) =>
  replaced(rt, text(rt, value), {
    old: textOr(rt, old, ''),
    new: textOr(rt, new_, ''),
    count: count === undefined || count === null ? -1 : integerOr(count, -1),
  }),
);

const trim = operation(['chars?'], (rt, value, [chars]) => {
  const shown = text(rt, value);
  rt.budget.chars(shown.length);
  return strip(shown, chars === undefined || chars === null ? null : text(rt, chars));
});

const truncate = operation(
  ['length?', 'killwords?', 'end?', 'leeway?'],
  (rt, value, [length, killwords, end, leeway]) => {
    const shown = text(rt, value);
    rt.budget.chars(shown.length);
    const ending = textOr(rt, end, '...');
    const most = integerOr(length, 255);
    const slack = leeway === null ? 5 : integerOr(leeway, 5);
    const kept = most - textLength(ending);
    if (kept < 0) throw typeError(`expected length >= ${textLength(ending)}, got ${most}`);
    if (slack < 0) throw typeError(`expected leeway >= 0, got ${slack}`);
    if (textLength(shown) <= most + slack) return shown;
    const cut = textSlice(shown, 0, kept);
    if (flag(rt, killwords)) return cut + ending;
    const space = cut.lastIndexOf(' ');
    return (space === -1 ? cut : cut.slice(0, space)) + ending;
  },
);

const indent = operation(['width?', 'first?', 'blank?'], (rt, value, [width, first, blank]) => {
  const unit = indentUnit(rt, width);
  const all = lines(`${text(rt, value)}\n`);
  rt.budget.chars(unit.length * all.length);
  const indentsBlank = flag(rt, blank);
  const indented = all.map((line, index) =>
    (index === 0 ? flag(rt, first) : indentsBlank || line !== '') ? unit + line : line,
  );
  return joined(rt, indented, '\n');
});

function indentUnit(rt: Runtime, width: Value | undefined): string {
  if (typeof width === 'string') return width;
  const spaces = Math.max(0, integerOr(width, 4));
  rt.budget.chars(spaces);
  return ' '.repeat(spaces);
}

const center = operation(['width?'], (rt, value, [width]) =>
  centred(rt, text(rt, value), integerOr(width, 80)),
);

const wordwrap = operation(
  ['width?', 'break_long_words?', 'wrapstring?', 'break_on_hyphens?'],
  (rt, value, [width, long, wrapstring, hyphens]) => {
    const style = {
      width: integerOr(width, 79),
      breaksLongWords: long === undefined || flag(rt, long),
      breaksOnHyphens: hyphens === undefined || flag(rt, hyphens),
    };
    const separator = wrapstring === null ? '\n' : textOr(rt, wrapstring, '\n');
    const paragraphs = lines(text(rt, value)).map((line) =>
      joined(rt, wrapped(rt, line, style), separator),
    );
    return joined(rt, paragraphs, separator);
  },
);

const format = variadic<Value>((rt, value, { positional, named }) => {
  if (positional.length > 0 && named.size > 0) {
    throw typeError("can't handle positional and keyword arguments at the same time");
  }
  const values = named.size > 0 ? new PyDict(named) : new PyTuple(positional);
  return printf(rt, text(rt, value), values);
});

/** Filters that give text. */
export const TEXT_FILTERS: readonly (readonly [string, Filter])[] = [
  ['upper', ofText((value) => value.toUpperCase())],
  ['lower', ofText((value) => value.toLowerCase())],
  ['capitalize', ofText(capitalized)],
  ['title', ofText(title, 4)],
  ['string', ofText((value) => value)],
  ['wordcount', ofText((value) => value.match(WORD)?.length ?? 0, 4)],
  ['replace', replace],
  ['trim', trim],
  ['truncate', truncate],
  ['indent', indent],
  ['center', center],
  ['wordwrap', wordwrap],
  ['format', format],
];
