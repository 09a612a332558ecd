import type { JsonValue } from '../../json.ts';
import { type TemplateError, typeError } from '../errors.ts';
import type { Runtime } from '../runtime.ts';
import { dictEntries } from './dicts.ts';
import { asNumber } from './numbers.ts';
import { floatText, repr } from './repr.ts';
import {
  isDict,
  isFloat,
  isList,
  NativeJson,
  PyDict,
  PyTuple,
  PyView,
  typeName,
  Undefined,
  type Value,
} from './value.ts';

const MOST_INDENT = 100;

/** How JSON text is written. */
export interface JsonStyle {
  /** Sorts the keys of objects. */
  readonly sorted?: boolean;
  /** Writes characters beyond ASCII as `\uXXXX`. */
  readonly ascii?: boolean;
  /** Spaces or text for each level; null for one line. */
  readonly indent?: string | number | null;
}

/** Python's `json.dumps`. */
export function jsonText(rt: Runtime, value: Value, style: JsonStyle = {}): string {
  const unit = style.indent ?? null;
  if (typeof unit === 'number') rt.budget.chars(unit);
  const indent =
    typeof unit === 'number' ? ' '.repeat(Math.max(0, Math.min(unit, MOST_INDENT))) : unit;
  return new JsonWriter(rt, style, indent).write(value, '\n');
}

class JsonWriter {
  readonly #rt: Runtime;
  readonly #style: JsonStyle;
  readonly #indent: string | null;

  constructor(rt: Runtime, style: JsonStyle, indent: string | null) {
    this.#rt = rt;
    this.#style = style;
    this.#indent = indent;
  }

  write(value: Value, newline: string): string {
    this.#rt.budget.spend(0.5);
    if (value === null) return 'null';
    if (typeof value === 'boolean') return value ? 'true' : 'false';
    if (typeof value === 'string') return this.#string(value);
    if (isFloat(value)) return jsonFloat(asNumber(value) ?? 0);
    if (typeof value === 'number' || typeof value === 'bigint') return repr(this.#rt, value);
    if (isList(value)) return this.#list(value, newline);
    if (value instanceof PyTuple) return this.#list(value.items, newline);
    if (value instanceof NativeJson) return this.write(value.value, newline);
    if (!isDict(value)) throw notSerializable(value);
    return this.#dict(dictEntries(value), newline);
  }

  #string(value: string): string {
    this.#rt.budget.chars(value.length, 4);
    const quoted = JSON.stringify(value);
    if (this.#style.ascii !== true) return quoted;
    return quoted.replace(/[\x7f-\uffff]/g, (unit) =>
      unit === '\x7f' ? unit : `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
    );
  }

  #list(items: readonly Value[], newline: string): string {
    const inner = this.#inner(newline);
    return this.#group(
      '[]',
      items.map((item) => this.write(item, inner)),
      newline,
    );
  }

  #dict(entries: readonly (readonly [Value, Value])[], newline: string): string {
    const inner = this.#inner(newline);
    const named = entries.map(([key, item]) => [jsonKey(this.#rt, key), item] as const);
    if (this.#style.sorted === true) named.sort(([a], [b]) => (a < b ? -1 : Number(a > b)));
    const parts = named.map(([key, item]) => `${this.#string(key)}: ${this.write(item, inner)}`);
    return this.#group('{}', parts, newline);
  }

  #inner(newline: string): string {
    return this.#indent === null ? newline : newline + this.#indent;
  }

  #group(brackets: '[]' | '{}', parts: readonly string[], newline: string): string {
    const [open, close] = brackets;
    if (parts.length === 0) return brackets;
    const inner = this.#inner(newline);
    const separator = this.#indent === null ? ', ' : `,${inner}`;
    let length = (separator.length + 1) * parts.length + 2 * inner.length;
    for (const part of parts) length += part.length;
    this.#rt.budget.chars(length);
    const body = parts.join(separator);
    return this.#indent === null ? open + body + close : open + inner + body + newline + close;
  }
}

function jsonFloat(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value < 0 ? '-Infinity' : 'Infinity';
  return floatText(value);
}

function jsonKey(rt: Runtime, key: Value): string {
  if (typeof key === 'string') return key;
  if (key === null) return 'null';
  if (typeof key === 'boolean') return key ? 'true' : 'false';
  if (asNumber(key) !== null) return repr(rt, key);
  throw typeError(`keys must be str, int, float, bool or None, not ${typeName(key)}`);
}

function notSerializable(value: Value): TemplateError {
  if (value instanceof Undefined && !value.inert) return value.error();
  return typeError(`Object of type ${typeName(value)} is not JSON serializable`);
}

/** A template's value as plain JSON; raises for values that JSON does not have. */
export function toJson(rt: Runtime, value: Value): JsonValue {
  rt.budget.spend(0.25);
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return value;
  const number = asNumber(value);
  if (number !== null) {
    if (Number.isFinite(number)) return number;
    throw typeError(`${floatText(number)} cannot be written as JSON`);
  }
  if (isList(value)) return value.map((item) => toJson(rt, item));
  if (value instanceof PyTuple || value instanceof PyView) {
    return value.items.map((item) => toJson(rt, item));
  }
  if (value instanceof NativeJson) return toJson(rt, value.value);
  if (!isDict(value)) throw notSerializable(value);
  return Object.fromEntries(
    dictEntries(value).map(([key, item]) => [jsonKey(rt, key), toJson(rt, item)]),
  );
}

/** A copy of JSON from the scope that a template may change. */
export function changeableCopy(rt: Runtime, value: Value): Value {
  rt.budget.spend(0.25);
  if (isList(value)) return value.map((item) => changeableCopy(rt, item));
  if (typeof value !== 'object' || !isDict(value)) return value;
  return new PyDict(dictEntries(value).map(([key, item]) => [key, changeableCopy(rt, item)]));
}
