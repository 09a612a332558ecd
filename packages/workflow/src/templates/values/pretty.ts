import type { Runtime } from '../runtime.ts';
import { dictEntries } from './dicts.ts';
import { joined, repr } from './repr.ts';
import { isDict, isList, PyDict, PyTuple, type Value } from './value.ts';

const WIDTH = 80;

/** Where a value stands: how far it is indented, and how many brackets close after it. */
interface Place {
  readonly indent: number;
  readonly closing: number;
}

/** Python's `pprint.pformat`: sorted dicts, one item a line where a line would be too long. Long texts are not cut. */
export function prettyText(rt: Runtime, value: Value): string {
  return pretty(rt, sortedDicts(rt, value), { indent: 0, closing: 0 });
}

function sortedDicts(rt: Runtime, value: Value): Value {
  rt.budget.spend(0.25);
  if (isList(value)) return value.map((item) => sortedDicts(rt, item));
  if (value instanceof PyTuple)
    return new PyTuple(value.items.map((item) => sortedDicts(rt, item)));
  if (typeof value !== 'object' || !isDict(value)) return value;
  const entries = dictEntries(value).map(([key, item]) => [key, sortedDicts(rt, item)] as const);
  const order = ([a]: readonly [Value, Value], [b]: readonly [Value, Value]) =>
    typeof a === 'string' && typeof b === 'string' ? (a < b ? -1 : Number(a > b)) : 0;
  return new PyDict(entries.sort(order));
}

function pretty(rt: Runtime, value: Value, place: Place): string {
  const line = repr(rt, value);
  if (line.length <= WIDTH - place.indent - place.closing) return line;
  if (isList(value)) return block(rt, prettyItems(rt, value, place), ['[', ']', place]);
  if (value instanceof PyTuple)
    return block(rt, prettyItems(rt, value.items, place), ['(', ')', place]);
  if (typeof value !== 'object' || !isDict(value)) return line;
  const entries = dictEntries(value);
  const parts = entries.map(([key, item], index) => {
    const name = `${repr(rt, key)}: `;
    const closing = index === entries.length - 1 ? place.closing + 1 : 1;
    return name + pretty(rt, item, { indent: place.indent + name.length + 1, closing });
  });
  return block(rt, parts, ['{', '}', place]);
}

function prettyItems(rt: Runtime, items: readonly Value[], place: Place): readonly string[] {
  return items.map((item, index) => {
    const closing = index === items.length - 1 ? place.closing + 1 : 1;
    return pretty(rt, item, { indent: place.indent + 1, closing });
  });
}

function block(
  rt: Runtime,
  parts: readonly string[],
  [open, close, place]: readonly [string, string, Place],
): string {
  rt.budget.chars(parts.length * place.indent);
  return open + joined(rt, parts, `,\n${' '.repeat(place.indent + 1)}`) + close;
}
