import { TemplateError, typeError } from '../errors.ts';
import type { Runtime } from '../runtime.ts';
import { dictEntries } from './dicts.ts';
import { nonFiniteText } from './numbers.ts';
import {
  type Dict,
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
  if (!Number.isFinite(value)) return nonFiniteText(value);
  const [digits = '', exponentText = '0'] = value.toExponential().split('e');
  const exponent = Number(exponentText);
  if (exponent < -4 || exponent >= 16) {
    const size = String(Math.abs(exponent)).padStart(2, '0');
    return `${digits}e${exponent < 0 ? '-' : '+'}${size}`;
  }
  if (Object.is(value, -0)) return '-0.0';
  const plain = String(value).includes('e')
    ? value.toFixed(digits.length - 2 - exponent)
    : String(value);
  return plain.includes('.') ? plain : `${plain}.0`;
}

function integerText(value: number | bigint): string {
  const text = Number.isSafeInteger(value) ? String(value) : BigInt(value).toString();
  if (text.length > INTEGER_DIGITS) {
    throw new TemplateError(
      'limit',
      `A number of more than ${INTEGER_DIGITS} digits is not printed.`,
    );
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
function stringRepr(text: string): string {
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
  if (isDict(value)) return dictRepr(rt, value);
  if (value instanceof PyFloat) return floatText(value.value);
  if (value instanceof PyTuple) {
    return `(${reprItems(rt, value.items)}${value.items.length === 1 ? ',' : ''})`;
  }
  if (value instanceof PyView) return viewRepr(rt, value);
  if (value instanceof Undefined) return undefinedRepr(rt, value);
  if (value instanceof PyObject) return value.label;
  if (value instanceof NativeJson) return repr(rt, jsonValue(rt, value));
  throw typeError(`A ${typeName(value)} cannot be printed.`);
}

function dictRepr(rt: Runtime, dict: Dict): string {
  const parts = dictEntries(dict).map(([key, item]) => `${repr(rt, key)}: ${repr(rt, item)}`);
  return `{${joined(rt, parts, ', ')}}`;
}

function viewRepr(rt: Runtime, view: PyView): string {
  return view.kind === 'range' ? view.label : `${view.kind}([${reprItems(rt, view.items)}])`;
}

function undefinedRepr(rt: Runtime, value: Undefined): string {
  if (rt.strict && !value.inert) throw value.error();
  return 'Undefined';
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

/** The value behind `| json` where it prints as part of a text; raises where a native value is wanted. */
export function jsonValue(rt: Runtime, { value }: NativeJson): Value {
  if (!rt.nativeJson) return value;
  throw typeError('"| json" must be the last filter and the whole text of its field.');
}
