import { TemplateError, typeError } from './errors.ts';
import { bind } from './operation.ts';
import type { Runtime } from './runtime.ts';
import { dictEntries } from './values/dicts.ts';
import { iterate } from './values/iterate.ts';
import { asInteger } from './values/numbers.ts';
import { text } from './values/text.ts';
import {
  type CallValues,
  isDict,
  PyDict,
  PyObject,
  PyView,
  Undefined,
  type Value,
} from './values/value.ts';

/** Longest `range`, as in Jinja2's sandbox. */
const MAX_RANGE = 100_000;

type Global = (rt: Runtime) => Value;

/** Functions that every template can call. */
export const GLOBALS: ReadonlyMap<string, Global> = new Map<string, Global>([
  ['range', (rt) => callable('range', (args) => range(rt, args))],
  ['dict', (rt) => callable('dict', (args) => makeDict(rt, args))],
  ['namespace', (rt) => callable('namespace', (args) => namespace(rt, args))],
  ['cycler', () => callable('cycler', cycler)],
  ['joiner', (rt) => callable('joiner', (args) => joiner(rt, args))],
]);

function callable(name: string, call: (args: CallValues) => Value): PyObject {
  return new PyObject('function', { label: `<function ${name}>`, call });
}

function range(rt: Runtime, args: CallValues): Value {
  const given = bind('range', ['start', 'stop?', 'step?'], args).map((value) => {
    if (value === undefined) return undefined;
    if (value instanceof Undefined) throw value.error();
    const integer = asInteger(value);
    if (integer === null) throw typeError('range() takes integers');
    return Number(integer);
  });
  const [first = 0, second, step = 1] = given;
  const [start, stop] = second === undefined ? [0, first] : [first, second];
  if (step === 0) throw typeError('range() arg 3 must not be zero');
  const length = Math.max(0, Math.ceil((stop - start) / step));
  if (!(length <= MAX_RANGE)) {
    throw new TemplateError('limit', `A range can have at most ${MAX_RANGE} items.`);
  }
  rt.budget.items(length);
  const items = Array.from({ length }, (_, index) => start + index * step);
  const label = step === 1 ? `range(${start}, ${stop})` : `range(${start}, ${stop}, ${step})`;
  return new PyView('range', items, label);
}

function makeDict(rt: Runtime, { positional, named }: CallValues): PyDict {
  const [source] = positional;
  if (positional.length > 1) throw typeError('dict expected at most 1 argument');
  const entries = source === undefined ? [] : pairs(rt, source);
  rt.budget.items(entries.length + named.size);
  return new PyDict([...entries, ...named]);
}

/** The entries of a dict, or of a list of pairs. */
function pairs(rt: Runtime, source: Value): readonly (readonly [Value, Value])[] {
  if (isDict(source)) return dictEntries(source);
  return iterate(rt, source).map((pair) => {
    const [key, value, ...more] = iterate(rt, pair);
    if (key === undefined || value === undefined || more.length > 0) {
      throw typeError('dict() needs pairs of a key and a value');
    }
    return [key, value];
  });
}

function namespace(rt: Runtime, args: CallValues): PyObject {
  const values = makeDict(rt, args);
  return new PyObject('Namespace', {
    label: '<Namespace>',
    get: (name) => values.get(name),
    set: (name, value) => values.set(name, value),
  });
}

function cycler({ positional }: CallValues): PyObject {
  const [first] = positional;
  if (first === undefined) throw typeError('at least one item has to be provided');
  let index = 0;
  const current = () => positional[index] ?? null;
  const next = () => {
    const value = current();
    index = (index + 1) % positional.length;
    return value;
  };
  const reset = () => {
    index = 0;
    return null;
  };
  const attributes = new Map<string, () => Value>([
    ['current', current],
    ['next', () => callable('next', next)],
    ['reset', () => callable('reset', reset)],
  ]);
  return new PyObject('Cycler', { get: (name) => attributes.get(name)?.() });
}

function joiner(rt: Runtime, args: CallValues): PyObject {
  const [separator = ', '] = bind('joiner', ['sep?'], args);
  let used = false;
  return new PyObject('Joiner', {
    call: () => {
      const shown = used ? text(rt, separator) : '';
      used = true;
      return shown;
    },
  });
}
