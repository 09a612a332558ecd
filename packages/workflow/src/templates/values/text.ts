import { TemplateError, typeError } from '../errors.ts';
import type { Runtime } from '../runtime.ts';
import { dictEntries } from './dicts.ts';
import { jsonText } from './json.ts';
import {
  isDict,
  isList,
  NativeJson,
  PyFloat,
  PyObject,
  PyTuple,
  PyView,
  typeName,
  Undefined,
  type Value,
} from './value.ts';

const INTEGER_DIGITS = 4300;

/** Python's `repr` of a float: the shortest digits that read back, in scientific form outside 1e-4 … 1e16. */
export function floatText(value: number): string {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? 'nan' : value < 0 ? '-inf' : 'inf';
  const [digits = '', exponentText = '0'] = value.toExponential().split('e');
  const exponent = Number(exponentText);
  if (exponent < -4 || exponent >= 16) {
    const size = String(Math.abs(exponent)).padStart(2, '0');
    return `${digits}e${exponent < 0 ? '-' : '+'}${size}`;
  }
  if (Object.is(value, -0)) return '-0.0';
  const plain = String(value).includes('e') ? value.toFixed(digits.length - 2 - exponent) : String(value);
  return plain.includes('.') ? plain : `${plain}.0`;
}

function integerText(value: number | bigint): string {
  const text = Number.isSafeInteger(value) ? String(value) : BigInt(value).toString();
  if (text.length > INTEGER_DIGITS) {
    throw new TemplateError('limit', `A number of more than ${INTEGER_DIGITS} digits is not printed.`);
  }
  return text;
}

/** Characters that Python escapes: controls, format characters, unassigned ones, and all spaces but one. */
const UNPRINTABLE = /[^\P{C}]|[^\P{Z} ]|\\/gu;
const ESCAPES: ReadonlyMap<string, string> = new Map([
  ['\n', '\\n'],
  ['\r', '\\r'],
  ['\t', '\\t'],
  ['\\', '\\\\'],
]);

function escapeCharacter(character: string): string {
  const known = ESCAPES.get(character);
  if (known !== undefined) return known;
  const code = character.codePointAt(0) ?? 0;
  const hex = code.toString(16);
  if (code <= 0xff) return `\\x${hex.padStart(2, '0')}`;
  return code <= 0xffff ? `\\u${hex.padStart(4, '0')}` : `\\U${hex.padStart(8, '0')}`;
}

/** Python's `repr` of a text: single quotes unless only they would need escaping. */
export function stringRepr(text: string): string {
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'";
  const escaped = text.replace(UNPRINTABLE, escapeCharacter);
  return quote + (quote === "'" ? escaped.replaceAll("'", "\\'") : escaped) + quote;
}

/** Python's `repr`. */
export function repr(rt: Runtime, value: Value): string {
  rt.budget.spend(0.5);
  switch (typeof value) {
    case 'boolean':
      return value ? 'True' : 'False';
    case 'bigint':
      return integerText(value);
    case 'number':
      return Number.isInteger(value) ? integerText(value) : floatText(value);
    case 'string':
      rt.budget.chars(value.length);
      return stringRepr(value);
    default:
      return objectRepr(rt, value);
  }
}

function objectRepr(
  rt: Runtime,
  value: Exclude<Value, boolean | number | bigint | string>,
): string {
  if (value === null) return 'None';
  if (isList(value)) return `[${reprItems(rt, value)}]`;
  if (isDict(value)) {
    const parts = dictEntries(value).map(([key, item]) => `${repr(rt, key)}: ${repr(rt, item)}`);
    return `{${joined(rt, parts, ', ')}}`;
  }
  if (value instanceof PyFloat) return floatText(value.value);
  if (value instanceof PyTuple) {
    return `(${reprItems(rt, value.items)}${value.items.length === 1 ? ',' : ''})`;
  }
  if (value instanceof PyView) {
    return value.kind === 'range' ? value.label : `${value.kind}([${reprItems(rt, value.items)}])`;
  }
  if (value instanceof Undefined) {
    if (rt.strict && !value.inert) throw value.error();
    return 'Undefined';
  }
  if (value instanceof PyObject) return value.label;
  if (value instanceof NativeJson) return text(rt, value);
  throw typeError(`A ${typeName(value)} cannot be printed.`);
}

function reprItems(rt: Runtime, items: readonly Value[]): string {
  return joined(
    rt,
    items.map((item) => repr(rt, item)),
    ', ',
  );
}

/** Joins texts, accounting for the result before it is built. */
export function joined(rt: Runtime, parts: readonly string[], separator: string): string {
  let length = separator.length * Math.max(0, parts.length - 1);
  for (const part of parts) length += part.length;
  rt.budget.chars(length);
  return parts.join(separator);
}

/** Python's `str`, which is how values print. */
export function text(rt: Runtime, value: Value): string {
  if (typeof value === 'string') return value;
  if (value instanceof Undefined) {
    if (rt.strict && !value.inert) throw value.error();
    return '';
  }
  if (value instanceof NativeJson) {
    if (rt.nativeJson) {
      throw new TemplateError('type', '"| json" must be the last filter and the whole text of its field.');
    }
    return jsonText(rt, value.value);
  }
  if (rt.objects === 'json' && (isList(value) || isDict(value) || value instanceof PyTuple)) {
    return jsonText(rt, value);
  }
  return repr(rt, value);
}
