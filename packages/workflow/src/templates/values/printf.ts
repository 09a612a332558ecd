import { TemplateError, typeError } from '../errors.ts';
import type { Runtime } from '../runtime.ts';
import { dictGet } from './dicts.ts';
import { textSlice } from './iterate.ts';
import { asInteger, asNumber, fixed, type Integer, truncated } from './numbers.ts';
import { missingWidth } from './pad.ts';
import { floatText, joined, repr } from './repr.ts';
import { text } from './text.ts';
import { isDict, isFloat, PyTuple, typeName, Undefined, type Value } from './value.ts';

const DIRECTIVE = /%(?:\(([^()]*)\))?([-+ #0]*)(\*|\d*)(?:\.(\*|\d*))?[hlL]?([a-zA-Z%])?/g;

interface Directive {
  readonly flags: string;
  readonly width: number;
  readonly precision: number | null;
  readonly kind: string;
}

/** Hands out the values of a `%`, in order or by name. */
class Values {
  readonly #source: Value;
  #next = 0;
  #named = false;

  constructor(source: Value) {
    this.#source = source;
  }

  take(): Value {
    const items = this.#source instanceof PyTuple ? this.#source.items : [this.#source];
    const value = items[this.#next];
    if (value === undefined) throw typeError('not enough arguments for format string');
    this.#next += 1;
    return value;
  }

  named(name: string): Value {
    if (!isDict(this.#source)) throw typeError('format requires a mapping');
    this.#named = true;
    const value = dictGet(this.#source, name);
    if (value === undefined) throw typeError(`The format names '${name}', which has no value`);
    return value;
  }

  finish(): void {
    if (this.#named || isDict(this.#source)) return;
    const count = this.#source instanceof PyTuple ? this.#source.items.length : 1;
    if (this.#next < count) throw typeError('not all arguments converted during string formatting');
  }
}

/** Python's `format % values`. */
export function printf(rt: Runtime, format: string, source: Value): string {
  rt.budget.chars(format.length);
  const values = new Values(source);
  const parts: string[] = [];
  let at = 0;
  for (const match of format.matchAll(DIRECTIVE)) {
    const [whole, name, flags = '', width = '', precision, kind] = match;
    parts.push(format.slice(at, match.index));
    at = match.index + whole.length;
    if (kind === undefined) throw typeError('incomplete format');
    const number = (shown: string) => Number(shown === '*' ? asNumber(values.take()) : shown);
    const size = number(width);
    const directive: Directive = {
      flags: size < 0 ? `${flags}-` : flags,
      width: Math.abs(size),
      precision: precision === undefined ? null : number(precision),
      kind,
    };
    const value = () => (name === undefined ? values.take() : values.named(name));
    parts.push(kind === '%' ? '%' : padded(rt, directive, converted(rt, directive, value())));
  }
  values.finish();
  parts.push(format.slice(at));
  return joined(rt, parts, '');
}

/** A sign or prefix, which zeros of the padding follow, and the rest; `numeric` allows zeros. */
interface Converted {
  readonly sign: string;
  readonly body: string;
  readonly numeric: boolean;
}

function converted(rt: Runtime, directive: Directive, value: Value): Converted {
  const { kind, precision } = directive;
  switch (kind) {
    case 's':
    case 'r':
    case 'a': {
      const shown = kind === 's' ? text(rt, value) : repr(rt, value);
      return { sign: '', body: textSlice(shown, 0, precision ?? undefined), numeric: false };
    }
    case 'c':
      return { sign: '', body: character(value), numeric: false };
    case 'd':
    case 'i':
    case 'u':
    case 'x':
    case 'X':
    case 'o':
      return integral(directive, value);
    case 'e':
    case 'E':
    case 'f':
    case 'F':
    case 'g':
    case 'G':
      return floating(rt, directive, value);
    default:
      throw typeError(`unsupported format character '${kind}'`);
  }
}

function character(value: Value): string {
  if (typeof value === 'string' && [...value].length === 1) return value;
  const code = asInteger(value);
  if (code === null || code < 0 || code > 0x10ffff) throw typeError('%c requires int or char');
  return String.fromCodePoint(Number(code));
}

function integral({ kind, flags, precision }: Directive, value: Value): Converted {
  const integer = wholeNumber(kind, value);
  const base = kind === 'o' ? 8 : kind.toLowerCase() === 'x' ? 16 : 10;
  const size = integer < 0 ? -BigInt(integer) : BigInt(integer);
  let digits = integerDigits(size, base);
  if (kind === 'X') digits = digits.toUpperCase();
  const prefix = flags.includes('#') && base !== 10 ? `0${kind}` : '';
  const wanted = Math.min(precision ?? 0, 1000);
  return {
    sign: sign(flags, integer < 0) + prefix,
    body: digits.padStart(wanted, '0'),
    numeric: true,
  };
}

/** Digits of a number that is not negative; raises when they are too many to print. */
export function integerDigits(size: bigint, base: number): string {
  const digits = size.toString(base);
  if (base === 10 && digits.length > 4300) {
    throw new TemplateError('limit', 'A number of more than 4300 digits is not printed.');
  }
  return digits;
}

function wholeNumber(kind: string, value: Value): Integer {
  if (value instanceof Undefined) throw value.error();
  const decimal = kind !== 'x' && kind !== 'X' && kind !== 'o';
  const integer = decimal && isFloat(value) ? truncated(asNumber(value) ?? 0) : asInteger(value);
  if (integer !== null) return integer;
  throw typeError(`%${kind} format: a number is required, not ${typeName(value)}`);
}

function floating(rt: Runtime, { kind, flags, precision }: Directive, value: Value): Converted {
  if (value instanceof Undefined) throw value.error();
  const number = asNumber(value);
  if (number === null) throw typeError(`must be real number, not ${typeName(value)}`);
  const negative = number < 0 || Object.is(number, -0);
  const body = floatBody(rt, Math.abs(number), {
    kind,
    digits: precision ?? 6,
    keep: flags.includes('#'),
  });
  return { sign: sign(flags, negative), body, numeric: Number.isFinite(number) };
}

/** How a float is written: `kind` is one of `eEfFgG`, `keep` keeps the zeros of `g`. */
export interface FloatStyle {
  readonly kind: string;
  readonly digits: number;
  readonly keep: boolean;
}

const MOST_DIGITS = 100;

/** A float that is not negative in one of C's formats. */
export function floatBody(rt: Runtime, number: number, { kind, digits, keep }: FloatStyle): string {
  rt.budget.chars(digits);
  const lower = kind.toLowerCase();
  let body: string;
  if (!Number.isFinite(number)) body = floatText(number);
  else if (lower === 'f') body = fixed(number, digits);
  else if (digits > MOST_DIGITS) {
    throw new TemplateError('limit', `At most ${MOST_DIGITS} digits can be asked for.`);
  } else if (lower === 'e') body = exponential(number, digits);
  else body = general(number, { digits: Math.max(1, digits), keep });
  return kind === lower ? body : body.toUpperCase();
}

function exponential(number: number, digits: number): string {
  const [mantissa = '', exponent = ''] = number.toExponential(digits).split('e');
  return `${mantissa}e${exponent.slice(0, 1)}${exponent.slice(1).padStart(2, '0')}`;
}

function general(number: number, { digits, keep }: { digits: number; keep: boolean }): string {
  const exponent = number === 0 ? 0 : Number(number.toExponential(digits - 1).split('e')[1]);
  const scientific = exponent < -4 || exponent >= digits;
  const shown = scientific
    ? exponential(number, digits - 1)
    : fixed(number, Math.max(0, digits - 1 - exponent));
  if (keep) return shown;
  const [mantissa = '', power] = shown.split('e');
  const short = mantissa.includes('.') ? mantissa.replace(/0+$/, '').replace(/\.$/, '') : mantissa;
  return power === undefined ? short : `${short}e${power}`;
}

function sign(flags: string, negative: boolean): string {
  if (negative) return '-';
  if (flags.includes('+')) return '+';
  return flags.includes(' ') ? ' ' : '';
}

function padded(rt: Runtime, { flags, width }: Directive, converted: Converted): string {
  const { body, numeric } = converted;
  const missing = missingWidth(rt, converted.sign + body, width);
  if (flags.includes('-')) return converted.sign + body + ' '.repeat(missing);
  if (flags.includes('0') && numeric) return converted.sign + '0'.repeat(missing) + body;
  return ' '.repeat(missing) + converted.sign + body;
}
