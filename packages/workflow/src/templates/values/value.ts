import { TemplateError } from '../errors.ts';

/**
 * A Python value. Whole numbers are `number` (`bigint` beyond 2^53); a `number` with a fraction is a float, and a float
 * without one is a {@link PyFloat}. Lists are arrays. JSON from the scope is used as it is and never changed.
 */
export type Value =
  | null
  | boolean
  | number
  | bigint
  | string
  | PyFloat
  | readonly Value[]
  | PyTuple
  | PyView
  | PlainDict
  | PyDict
  | Undefined
  | PyObject
  | NativeJson;

/** A JSON object of the scope. */
export interface PlainDict {
  readonly [key: string]: Value;
}

/** A float whose value is whole, infinite or not a number. */
export class PyFloat {
  readonly value: number;
  constructor(value: number) {
    this.value = value;
  }
}

export class PyTuple {
  readonly items: readonly Value[];
  /** Names of the items, for tuples that have them. */
  readonly fields: readonly string[];
  constructor(items: readonly Value[], fields: readonly string[] = []) {
    this.items = items;
    this.fields = fields;
  }
}

/** What `range()` and a dict's `keys()`, `values()` and `items()` give: a sequence that is no list. */
export class PyView {
  readonly kind: 'range' | 'dict_keys' | 'dict_values' | 'dict_items';
  readonly items: readonly Value[];
  /** How a range prints. */
  readonly label: string;
  constructor(kind: PyView['kind'], items: readonly Value[], label = '') {
    this.kind = kind;
    this.items = items;
    this.label = label;
  }
}

/** A dict made by a template: any hashable keys, in order of insertion. */
export class PyDict {
  readonly #entries = new Map<string, readonly [Value, Value]>();

  constructor(entries: Iterable<readonly [Value, Value]> = []) {
    for (const [key, value] of entries) this.set(key, value);
  }

  get size(): number {
    return this.#entries.size;
  }

  get(key: Value): Value | undefined {
    return this.#entries.get(hashKey(key))?.[1];
  }

  set(key: Value, value: Value): void {
    const hash = hashKey(key);
    this.#entries.set(hash, [this.#entries.get(hash)?.[0] ?? key, value]);
  }

  delete(key: Value): boolean {
    return this.#entries.delete(hashKey(key));
  }

  clear(): void {
    this.#entries.clear();
  }

  entries(): readonly (readonly [Value, Value])[] {
    return [...this.#entries.values()];
  }
}

/** A missing value, with the sentence that says what is missing. */
export class Undefined {
  readonly message: string;
  /** Everything asked of an inert one gives itself again: it stands for names that templates may never reach. */
  readonly inert: boolean;
  constructor(message: string, inert = false) {
    this.message = message;
    this.inert = inert;
  }

  error(): TemplateError {
    return new TemplateError('undefined', this.message);
  }
}

export interface CallValues {
  readonly positional: readonly Value[];
  readonly named: ReadonlyMap<string, Value>;
}

/** Anything else that a template can hold: functions, methods, macros, namespaces, `loop`. */
export class PyObject {
  /** Name of the Python type. */
  readonly type: string;
  /** How it prints. */
  readonly label: string;
  readonly #get: (name: string) => Value | undefined;
  readonly call: ((args: CallValues) => Value) | null;
  readonly set: ((name: string, value: Value) => void) | null;

  constructor(
    type: string,
    traits: {
      label?: string;
      get?: (name: string) => Value | undefined;
      call?: (args: CallValues) => Value;
      set?: (name: string, value: Value) => void;
    },
  ) {
    this.type = type;
    this.label = traits.label ?? `<${type}>`;
    this.#get = traits.get ?? (() => undefined);
    this.call = traits.call ?? null;
    this.set = traits.set ?? null;
  }

  attribute(name: string): Value | undefined {
    return this.#get(name);
  }
}

/** What the filter `json` gives: a value that must arrive as JSON, not as text. */
export class NativeJson {
  readonly value: Value;
  constructor(value: Value) {
    this.value = value;
  }
}

export type Dict = PlainDict | PyDict;

/** A value, or another where there is none. Python's None is a value. */
export function valueOr(value: Value | undefined, other: Value): Value {
  return value === undefined ? other : value;
}

const CLASSES = [PyFloat, PyTuple, PyView, PyDict, Undefined, PyObject, NativeJson] as const;

export function isList(value: Value): value is readonly Value[] {
  return Array.isArray(value);
}

export function isDict(value: Value): value is Dict {
  if (value instanceof PyDict) return true;
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  return !CLASSES.some((known) => value instanceof known);
}

export function isFloat(value: Value): value is number | PyFloat {
  return value instanceof PyFloat || (typeof value === 'number' && !Number.isInteger(value));
}

/** The name of a value's type in Python. */
export function typeName(value: Value): string {
  if (value === null) return 'NoneType';
  switch (typeof value) {
    case 'boolean':
      return 'bool';
    case 'string':
      return 'str';
    case 'bigint':
      return 'int';
    case 'number':
      return Number.isInteger(value) ? 'int' : 'float';
    case 'object':
      return objectTypeName(value);
    default:
      throw notJson(value);
  }
}

function objectTypeName(value: Exclude<Value, null | boolean | number | bigint | string>): string {
  if (value instanceof PyFloat) return 'float';
  if (value instanceof PyTuple) return 'tuple';
  if (value instanceof PyView) return value.kind;
  if (value instanceof Undefined) return 'Undefined';
  if (value instanceof PyObject) return value.type;
  if (value instanceof NativeJson) return 'json';
  return isList(value) ? 'list' : 'dict';
}

/** A scope can hold by mistake what JSON cannot; nothing of it may be reached. */
function notJson(value: never): TemplateError {
  return new TemplateError(
    'type',
    `A template's scope holds a ${typeof value}, which is not JSON.`,
  );
}

/** Longest key, in characters: looking up a key is not accounted for in the budget. */
const MOST_KEY_CHARS = 10_000;

/** Raises for a key that is too long to be looked up. */
export function checkKey(key: string): void {
  if (key.length > MOST_KEY_CHARS) {
    throw new TemplateError('limit', `A key of a dict has more than ${MOST_KEY_CHARS} characters.`);
  }
}

/** Equal keys of a dict have the same text: `1`, `1.0` and `true` are one key in Python. */
export function hashKey(value: Value): string {
  const hash = hashOf(value);
  checkKey(hash);
  return hash;
}

function hashOf(value: Value): string {
  if (typeof value === 'string') {
    checkKey(value);
    return `s${value}`;
  }
  if (value === null) return 'none';
  if (typeof value === 'boolean') return value ? 'n1' : 'n0';
  if (typeof value === 'number' || typeof value === 'bigint') return numberKey(value);
  if (value instanceof PyFloat) return numberKey(value.value);
  if (value instanceof PyTuple) {
    const parts = value.items.map(hashKey);
    return `t${parts.map((part) => `${part.length}:${part}`).join('')}`;
  }
  if (value instanceof Undefined) return 'undefined';
  throw new TemplateError('type', `unhashable type: '${typeName(value)}'`);
}

function numberKey(value: number | bigint): string {
  if (typeof value === 'number' && Number.isInteger(value)) return `n${BigInt(value)}`;
  return `n${value}`;
}
