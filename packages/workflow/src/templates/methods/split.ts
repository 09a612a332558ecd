import { typeError } from '../errors.ts';
import { integerOr, needText } from '../filters/given.ts';
import { type Operation, operation } from '../operation.ts';
import { splitAt } from '../values/replace.ts';
import { strip, words } from '../values/space.ts';
import type { Value } from '../values/value.ts';

/** Python's `split` and `rsplit`. */
export function split(from: 'left' | 'right'): Operation<Value> {
  return operation(['sep?', 'maxsplit?'], (rt, value, [separator, maxsplit]) => {
    const text = needText(value, 'The value');
    const most = integerOr(maxsplit, -1);
    if (separator === undefined || separator === null) {
      rt.budget.chars(text.length);
      const found = splitAtSpace(text, from, most);
      rt.budget.items(found.length);
      return found;
    }
    const mark = needText(separator, 'The separator');
    if (mark === '') throw typeError('empty separator');
    const parts = splitAt(rt, text, mark);
    if (most < 0 || parts.length - 1 <= most) return parts;
    if (from === 'left') return [...parts.slice(0, most), parts.slice(most).join(mark)];
    const cut = parts.length - most;
    return [parts.slice(0, cut).join(mark), ...parts.slice(cut)];
  });
}

/** Splits at white space; what is left after the last split keeps its inner spaces. */
function splitAtSpace(text: string, from: 'left' | 'right', most: number): readonly string[] {
  const found = words(text);
  if (most < 0 || found.length - 1 <= most) return found;
  if (from === 'left') {
    let rest = strip(text, null, 'left');
    const first = found.slice(0, most);
    for (const word of first) rest = strip(rest.slice(word.length), null, 'left');
    return [...first, rest];
  }
  let rest = strip(text, null, 'right');
  const last = found.slice(found.length - most);
  for (const word of [...last].reverse()) rest = strip(rest.slice(0, -word.length), null, 'right');
  return [rest, ...last];
}
