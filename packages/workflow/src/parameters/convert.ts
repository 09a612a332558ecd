import { tooLarge } from '../definition/limits.ts';
import type { WorkflowParameterType } from '../definition/parameter-kinds.ts';
import type { JsonValue } from '../json.ts';
import { pythonText } from '../templates/templates.ts';

/** A converted value, or why there is none, in words for the user. */
export type Conversion =
  | { readonly ok: true; readonly value: JsonValue }
  | { readonly ok: false; readonly problem: string };

const longestShown = 200;
/** More than any number needs, and few enough for a pattern to be matched on a small stack. */
const longestNumber = 1_000;

/**
 * Converts a value to the type of its parameter as Python would (blocks.md §2.2). Null stays null. Whole numbers beyond
 * ±(2^53 − 1) and infinite numbers are refused, because JSON clients would read another number.
 */
export function convertParameter(type: WorkflowParameterType, value: JsonValue): Conversion {
  const size = tooLarge(value);
  if (size !== null) {
    return { ok: false, problem: `Invalid workflow parameter of type ${type}: ${size}.` };
  }
  if (value === null) {
    return { ok: true, value };
  }
  const converted = convert(type, value);
  return converted === undefined
    ? { ok: false, problem: describe(type, value) }
    : { ok: true, value: converted };
}

function describe(type: WorkflowParameterType, value: JsonValue): string {
  const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? '');
  const shown = text.length > longestShown ? `${text.slice(0, longestShown)}…` : text;
  return `Invalid workflow parameter. Expected parameter type: ${type}. Value: ${shown}.`;
}

function convert(type: WorkflowParameterType, value: JsonValue): JsonValue | undefined {
  switch (type) {
    case 'string':
      return pythonText(value);
    case 'integer':
      return toInteger(value);
    case 'float':
      return toFloat(value);
    case 'boolean':
      return toBoolean(value);
    case 'json':
      return toJson(value);
    case 'file_url':
    case 'credential_id':
      return value;
  }
}

/** Python's `int()`: truncates numbers; texts may have a sign, blanks around and single `_` between digits. */
function toInteger(value: JsonValue): number | undefined {
  if (typeof value === 'string') {
    const text = numberText(value);
    return /^[+-]?\d+(_\d+)*$/.test(text)
      ? safeInteger(Number(text.replaceAll('_', '')))
      : undefined;
  }
  return typeof value === 'number' || typeof value === 'boolean'
    ? safeInteger(Math.trunc(Number(value)))
    : undefined;
}

function numberText(value: string): string {
  return value.length > longestNumber ? '' : value.trim();
}

function safeInteger(value: number): number | undefined {
  return Number.isSafeInteger(value) ? value + 0 : undefined;
}

const decimal = /^[+-]?(\d+(_\d+)*(\.(\d+(_\d+)*)?)?|\.\d+(_\d+)*)([eE][+-]?\d+(_\d+)*)?$/;

/** Python's `float()`, without its `inf` and `nan`, which JSON has not. */
function toFloat(value: JsonValue): number | undefined {
  if (typeof value === 'string') {
    const text = numberText(value);
    return decimal.test(text) ? finite(Number(text.replaceAll('_', ''))) : undefined;
  }
  return typeof value === 'number' || typeof value === 'boolean'
    ? finite(Number(value))
    : undefined;
}

function finite(value: number): number | undefined {
  return Number.isFinite(value) ? value : undefined;
}

function toBoolean(value: JsonValue): boolean | undefined {
  if (typeof value === 'object') {
    return undefined;
  }
  const text = String(value).toLowerCase();
  if (text === 'true' || text === '1') {
    return true;
  }
  return text === 'false' || text === '0' ? false : undefined;
}

/** Objects and lists as they are; a text is read as JSON; a bare number or boolean is an error. */
function toJson(value: JsonValue): JsonValue | undefined {
  if (typeof value === 'object') {
    return value;
  }
  if (typeof value !== 'string') {
    return undefined;
  }
  try {
    const parsed: JsonValue = JSON.parse(value);
    return tooLarge(parsed) === null ? parsed : undefined;
  } catch {
    return undefined;
  }
}
