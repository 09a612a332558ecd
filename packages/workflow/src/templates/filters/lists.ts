import { typeError } from '../errors.ts';
import { type Operation, operation } from '../operation.ts';
import type { Runtime } from '../runtime.ts';
import { compare, equal, truthy } from '../values/compare.ts';
import { dictEntries } from '../values/dicts.ts';
import { characters, iterate, lengthOf } from '../values/iterate.ts';
import { operate } from '../values/operators.ts';
import { joined } from '../values/repr.ts';
import { text } from '../values/text.ts';
import {
  hashKey,
  isDict,
  PyTuple,
  typeName,
  Undefined,
  type Value,
  valueOr,
} from '../values/value.ts';
import { flag, integerOr, textOr } from './given.ts';
import { attributeOf, attributesOf, folded, type KeyOf } from './keys.ts';

type Filter = Operation<Value>;

/** Sorts as Python does: stable, also in reverse. */
function sorted(
  rt: Runtime,
  items: readonly Value[],
  { keys, reverse }: { keys: readonly KeyOf[]; reverse: boolean },
): readonly Value[] {
  rt.budget.items(items.length);
  const keyed = items.map((item) => ({ item, parts: keys.map((keyOf) => keyOf(item)) }));
  const turn = reverse ? -1 : 1;
  keyed.sort((a, b) => turn * compareParts(rt, a.parts, b.parts));
  return keyed.map(({ item }) => item);
}

function compareParts(rt: Runtime, a: readonly Value[], b: readonly Value[]): number {
  for (const [index, part] of a.entries()) {
    const other = b[index] ?? null;
    if (!equal(rt, part, other)) return compare(rt, '<', [part, other]) || 0;
  }
  return 0;
}

const sort = operation(
  ['reverse?', 'case_sensitive?', 'attribute?'],
  (rt, value, [reverse, caseSensitive, attribute]) => {
    const exact = flag(rt, caseSensitive);
    const keys = attributesOf(rt, attribute).map((keyOf) => folded(keyOf, exact));
    return sorted(rt, iterate(rt, value), { keys, reverse: flag(rt, reverse) });
  },
);

const dictsort = operation(
  ['case_sensitive?', 'by?', 'reverse?'],
  (rt, value, [caseSensitive, by, reverse]) => {
    const side = textOr(rt, by, 'key');
    if (side !== 'key' && side !== 'value') {
      throw typeError('You can only sort by either "key" or "value"');
    }
    const index = side === 'key' ? 0 : 1;
    const keyOf = folded((pair) => rt.item(pair, index), flag(rt, caseSensitive));
    return sorted(rt, pairs(rt, value), { keys: [keyOf], reverse: flag(rt, reverse) });
  },
);

function pairs(rt: Runtime, value: Value): readonly PyTuple[] {
  if (value instanceof Undefined) throw value.error();
  if (!isDict(value)) throw typeError('Can only get item pairs from a mapping.');
  const entries = dictEntries(value);
  rt.budget.items(entries.length);
  return entries.map((entry) => new PyTuple(entry));
}

const items = operation([], (rt, value) => (value instanceof Undefined ? [] : pairs(rt, value)));

const groupby = operation(
  ['attribute', 'default?', 'case_sensitive?'],
  (rt, value, [attribute, fallback, caseSensitive]) => {
    const keyOf = attributeOf(rt, attribute, fallback ?? null);
    const sortKey = folded(keyOf, flag(rt, caseSensitive));
    const groups: { key: Value; members: Value[] }[] = [];
    for (const item of sorted(rt, iterate(rt, value), { keys: [sortKey], reverse: false })) {
      const key = sortKey(item);
      const last = groups.at(-1);
      if (last !== undefined && equal(rt, last.key, key)) last.members.push(item);
      else groups.push({ key, members: [item] });
    }
    return groups.map(({ members }) => {
      const [first = null] = members;
      return new PyTuple([keyOf(first), members], ['grouper', 'list']);
    });
  },
);

const unique = operation(
  ['case_sensitive?', 'attribute?'],
  (rt, value, [caseSensitive, attribute]) => {
    const keyOf = folded(attributeOf(rt, attribute), flag(rt, caseSensitive));
    const seen = new Set<string>();
    return iterate(rt, value).filter((item) => {
      const hash = hashKey(keyOf(item));
      rt.budget.chars(hash.length);
      if (seen.has(hash)) return false;
      seen.add(hash);
      return true;
    });
  },
);

function extreme(operator: '<' | '>'): Filter {
  return operation(['case_sensitive?', 'attribute?'], (rt, value, [caseSensitive, attribute]) => {
    const [first, ...rest] = iterate(rt, value);
    if (first === undefined) return new Undefined('No aggregated item, sequence was empty.');
    const keyOf = folded(attributeOf(rt, attribute), flag(rt, caseSensitive));
    let best = first;
    for (const item of rest) {
      const order = compare(rt, operator, [keyOf(item), keyOf(best)]);
      if (operator === '<' ? order < 0 : order > 0) best = item;
    }
    return best;
  });
}

const sum = operation(['attribute?', 'start?'], (rt, value, [attribute, start]) => {
  const all = iterate(rt, value).map(attributeOf(rt, attribute));
  return all.reduce((total, item) => operate(rt, '+', [total, item]), valueOr(start, 0));
});

const join = operation(['d?', 'attribute?'], (rt, value, [separator, attribute]) => {
  const keyOf = attributeOf(rt, attribute);
  const parts = iterate(rt, value).map((item) => text(rt, keyOf(item)));
  return joined(rt, parts, textOr(rt, separator, ''));
});

const length = operation([], (rt, value) => {
  const count = lengthOf(rt, value);
  if (count === null) throw typeError(`object of type '${typeName(value)}' has no len()`);
  return count;
});

const first = operation([], (rt, value) =>
  valueOr(iterate(rt, value)[0], new Undefined('No first item, sequence was empty.')),
);

const last = operation([], (rt, value) =>
  valueOr(iterate(rt, value).at(-1), new Undefined('No last item, sequence was empty.')),
);

const reverse = operation([], (rt, value) => {
  if (typeof value !== 'string') return [...iterate(rt, value)].reverse();
  rt.budget.chars(value.length);
  return [...characters(value)].reverse().join('');
});

const batch = operation(['linecount', 'fill_with?'], (rt, value, [linecount, fill]) => {
  const size = integerOr(linecount, 1);
  const all = iterate(rt, value);
  if (size < 1) return all.map((item) => [item]);
  const rows: Value[][] = [];
  for (let at = 0; at < all.length; at += size) rows.push(all.slice(at, at + size));
  const row = rows.at(-1);
  if (row !== undefined && fill !== undefined && fill !== null) {
    rt.budget.items(size);
    while (row.length < size) row.push(fill);
  }
  return rows;
});

const slice = operation(['slices', 'fill_with?'], (rt, value, [slices, fill]) => {
  const count = integerOr(slices, 1);
  const all = iterate(rt, value);
  if (count === 0) throw typeError('integer division or modulo by zero');
  rt.budget.items(Math.max(0, count));
  const size = Math.floor(all.length / count);
  const longer = all.length - size * count;
  return Array.from({ length: Math.max(0, count) }, (_, index) => {
    const start = index * size + Math.min(index, longer);
    const part = all.slice(start, start + size + (index < longer ? 1 : 0));
    return fill !== undefined && fill !== null && index >= longer ? [...part, fill] : part;
  });
});

const fallback = operation(['default_value?', 'boolean?'], (rt, value, [other, boolean]) => {
  const missing = value instanceof Undefined || (flag(rt, boolean) && !truthy(rt, value));
  return missing ? valueOr(other, '') : value;
});

/** Filters on lists and dicts, and `default`. */
export const LIST_FILTERS: readonly (readonly [string, Filter])[] = [
  ['default', fallback],
  ['d', fallback],
  ['sort', sort],
  ['dictsort', dictsort],
  ['items', items],
  ['groupby', groupby],
  ['unique', unique],
  ['min', extreme('<')],
  ['max', extreme('>')],
  ['sum', sum],
  ['join', join],
  ['length', length],
  ['count', length],
  ['first', first],
  ['last', last],
  ['reverse', reverse],
  ['batch', batch],
  ['slice', slice],
  ['list', operation([], (rt, value) => [...iterate(rt, value)])],
];
