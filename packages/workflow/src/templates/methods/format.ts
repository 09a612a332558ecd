import { typeError } from '../errors.ts';
import type { Runtime } from '../runtime.ts';
import { joined, repr } from '../values/repr.ts';
import { text } from '../values/text.ts';
import type { CallValues, Value } from '../values/value.ts';
import { formatValue } from './format-spec.ts';

/** Text outside fields, doubled braces, and fields whose format may hold fields itself. */
const PART = /[^{}]+|\{\{|\}\}|\{([^{}:!]*)(?:!([a-z]))?(?::((?:[^{}]|\{[^{}]*\})*))?\}/y;
const STEP = /\.([^.[]+)|\[([^\]]+)\]/y;

/** Hands out the values of a `format` call. */
class Fields {
  readonly #rt: Runtime;
  readonly #call: CallValues;
  #automatic = 0;

  constructor(rt: Runtime, call: CallValues) {
    this.#rt = rt;
    this.#call = call;
  }

  /** The value of a field such as `0`, `name.part` or `name[key]`; attributes by the rules of templates. */
  value(field: string): Value {
    const [base = ''] = /^[^.[]*/.exec(field) ?? [];
    let value = this.#base(base);
    let at = base.length;
    while (at < field.length) {
      STEP.lastIndex = at;
      const step = STEP.exec(field);
      if (step === null) throw typeError(`The format field "${field}" cannot be read.`);
      at += step[0].length;
      const [, name, key = ''] = step;
      if (name !== undefined) value = this.#rt.attribute(value, name);
      else value = this.#rt.item(value, /^\d+$/.test(key) ? Number(key) : key);
    }
    return value;
  }

  #base(base: string): Value {
    const { positional, named } = this.#call;
    let value: Value | undefined;
    if (base === '') {
      value = positional[this.#automatic];
      this.#automatic += 1;
    } else {
      value = /^\d+$/.test(base) ? positional[Number(base)] : named.get(base);
    }
    if (value === undefined) throw typeError(`format() has no value for the field "{${base}}".`);
    return value;
  }
}

/** Python's `str.format`. */
export function formatted(rt: Runtime, source: string, call: CallValues): string {
  rt.budget.chars(source.length);
  return fill(rt, source, new Fields(rt, call));
}

function fill(rt: Runtime, source: string, fields: Fields): string {
  const parts: string[] = [];
  let at = 0;
  for (;;) {
    PART.lastIndex = at;
    const match = PART.exec(source);
    if (match === null) break;
    const [whole, field, conversion, spec] = match;
    at += whole.length;
    if (field === undefined) {
      parts.push(whole === '{{' || whole === '}}' ? whole.slice(0, 1) : whole);
      continue;
    }
    const value = converted(rt, fields.value(field), conversion);
    const wanted = spec?.includes('{') === true ? fill(rt, spec, fields) : (spec ?? '');
    parts.push(formatValue(rt, value, wanted));
  }
  if (at < source.length)
    throw typeError('A format has a single brace or a field that does not end.');
  return joined(rt, parts, '');
}

function converted(rt: Runtime, value: Value, conversion: string | undefined): Value {
  switch (conversion) {
    case undefined:
      return value;
    case 's':
      return text(rt, value);
    case 'r':
    case 'a':
      return repr(rt, value);
    default:
      throw typeError(`Unknown conversion specifier '${conversion}'`);
  }
}
