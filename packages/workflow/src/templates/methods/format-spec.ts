import { typeError } from '../errors.ts';
import type { Runtime } from '../runtime.ts';
import { textSlice } from '../values/iterate.ts';
import { asInteger, asNumber } from '../values/numbers.ts';
import { missingWidth } from '../values/pad.ts';
import { floatBody, integerDigits } from '../values/printf.ts';
import { floatText } from '../values/repr.ts';
import { text } from '../values/text.ts';
import { isFloat, typeName, type Value } from '../values/value.ts';

const SPEC = /^(?:(.)?([<>=^]))?([-+ ])?(#)?(0)?(\d+)?([,_])?(?:\.(\d+))?([a-zA-Z%])?$/su;
const BASES: ReadonlyMap<string, number> = new Map([
  ['b', 2],
  ['o', 8],
  ['x', 16],
  ['X', 16],
]);
const FLOATS = new Set(['e', 'E', 'f', 'F', 'g', 'G', '%']);

interface Spec {
  readonly fill: string;
  readonly align: string;
  readonly sign: string;
  readonly alternate: boolean;
  readonly width: number;
  readonly separator: string;
  readonly precision: number | null;
  readonly kind: string;
}

function parseSpec(source: string): Spec {
  const match = SPEC.exec(source);
  if (match === null) throw typeError(`Invalid format specifier '${source}'`);
  const [, fill, align, sign = '', alternate, zero, width = '0', separator = '', precision, kind] =
    match;
  return {
    fill: fill ?? (zero === undefined ? ' ' : '0'),
    align: align ?? (zero === undefined ? '' : '='),
    sign,
    alternate: alternate !== undefined,
    width: Number(width),
    separator,
    precision: precision === undefined ? null : Number(precision),
    kind: kind ?? '',
  };
}

/** Python's `format(value, spec)`. */
export function formatValue(rt: Runtime, value: Value, source: string): string {
  if (source === '') return text(rt, value);
  const spec = parseSpec(source);
  if (typeof value === 'string') return formatText(rt, value, spec);
  const number = asNumber(value);
  if (number === null) {
    throw typeError(`unsupported format string passed to ${typeName(value)}.__format__`);
  }
  if (isFloat(value) || FLOATS.has(spec.kind)) return formatFloat(rt, number, spec);
  return formatInteger(rt, BigInt(asInteger(value) ?? 0), spec);
}

function formatText(rt: Runtime, value: string, spec: Spec): string {
  if (spec.kind !== '' && spec.kind !== 's') {
    throw typeError(`Unknown format code '${spec.kind}' for object of type 'str'`);
  }
  const body = spec.precision === null ? value : textSlice(value, 0, spec.precision);
  return aligned(rt, ['', body], { ...spec, align: spec.align === '=' ? '<' : spec.align || '<' });
}

function formatInteger(rt: Runtime, value: bigint, spec: Spec): string {
  const { kind, sign } = spec;
  if (kind === 'c') return aligned(rt, ['', String.fromCodePoint(Number(value))], spec);
  const base = BASES.get(kind) ?? 10;
  if (base === 10 && kind !== '' && kind !== 'd' && kind !== 'n') {
    throw typeError(`Unknown format code '${kind}' for object of type 'int'`);
  }
  const digits = integerDigits(value < 0n ? -value : value, base);
  const shown = kind === 'X' ? digits.toUpperCase() : digits;
  const prefix = spec.alternate && base !== 10 ? `0${kind}` : '';
  const mark = signMark(sign, value < 0n) + prefix;
  return aligned(rt, [mark, grouped(shown, spec.separator, base === 10 ? 3 : 4)], spec);
}

function formatFloat(rt: Runtime, value: number, spec: Spec): string {
  const negative = value < 0 || Object.is(value, -0);
  const [whole = '', ...rest] = floatDigits(rt, Math.abs(value), spec).split(/(?=[.e%])/i);
  const body = grouped(whole, spec.separator, 3) + rest.join('');
  return aligned(rt, [signMark(spec.sign, negative), body], spec);
}

function floatDigits(rt: Runtime, size: number, spec: Spec): string {
  const { kind, precision, alternate } = spec;
  if (kind === '%') {
    return `${floatBody(rt, size * 100, { kind: 'f', digits: precision ?? 6, keep: alternate })}%`;
  }
  if (kind !== '' && kind !== 'n' && !FLOATS.has(kind)) {
    throw typeError(`Unknown format code '${kind}' for object of type 'float'`);
  }
  if (kind === '' && precision === null) return floatText(size);
  const style = {
    kind: kind === '' || kind === 'n' ? 'g' : kind,
    digits: precision ?? 6,
    keep: alternate,
  };
  const body = floatBody(rt, size, style);
  return kind === '' && /^\d+$/.test(body) ? `${body}.0` : body;
}

function signMark(sign: string, negative: boolean): string {
  if (negative) return '-';
  return sign === '-' ? '' : sign;
}

function grouped(digits: string, separator: string, size: number): string {
  if (separator === '' || !/^[\da-f]+$/i.test(digits)) return digits;
  const head = digits.length % size;
  const groups = digits.slice(head).match(size === 3 ? /.{3}/g : /.{4}/g) ?? [];
  return [...(head > 0 ? [digits.slice(0, head)] : []), ...groups].join(separator);
}

function aligned(rt: Runtime, [mark, body]: readonly [string, string], spec: Spec): string {
  const missing = missingWidth(rt, mark + body, spec.width);
  const padding = (count: number) => spec.fill.repeat(count);
  switch (spec.align) {
    case '<':
      return mark + body + padding(missing);
    case '^':
      return padding(missing >> 1) + mark + body + padding(missing - (missing >> 1));
    case '=':
      return mark + padding(missing) + body;
    default:
      return padding(missing) + mark + body;
  }
}
