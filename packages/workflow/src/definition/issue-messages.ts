import type { z } from 'zod';
import { quoted } from './names.ts';

/** A value of the document, or the fact that there is none. */
export interface Found {
  readonly present: boolean;
  readonly value: unknown;
}

/** A rule's name in Pydantic v2 and its sentence. */
export interface IssueMessage {
  readonly type: string;
  readonly msg: string;
}

type ZodIssue = z.core.$ZodIssue;

/** How zod's own sentences begin: what begins otherwise was written into the schema. */
const zodSentence = /^(Invalid|Too (small|big)|Unrecognized)\b/;

/**
 * Pydantic's name and sentence for one issue of zod that stands for one problem. A sentence that the schema gives for a
 * value is kept, since it says more.
 */
export function messageOf(issue: ZodIssue, found: Found): IssueMessage {
  const message = pydanticMessage(issue, found);
  const isOwn = found.present && issue.code !== 'custom' && !zodSentence.test(issue.message);
  return isOwn && message.type !== 'value_error' ? { ...message, msg: issue.message } : message;
}

function pydanticMessage(issue: ZodIssue, found: Found): IssueMessage {
  switch (issue.code) {
    case 'invalid_type':
      return wrongType(issue.expected, found);
    case 'invalid_value':
      return wrongValue(issue);
    case 'too_small':
      return outOfRange(issue, { bound: issue.minimum, end: 'small' });
    case 'too_big':
      return outOfRange(issue, { bound: issue.maximum, end: 'big' });
    case 'invalid_format':
      return wrongFormat(issue);
    case 'not_multiple_of':
      return {
        type: 'multiple_of',
        msg: `Input should be a multiple of ${issue.divisor}`,
      };
    case 'invalid_union':
      return wrongUnion(issue, found);
    case 'custom':
      return custom(issue);
    case 'unrecognized_keys':
      return { type: 'extra_forbidden', msg: 'Extra inputs are not permitted' };
    case 'invalid_key':
    case 'invalid_element':
      return valueErrorOf(issue.message);
  }
}

function valueErrorOf(text: string): IssueMessage {
  return { type: 'value_error', msg: `Value error, ${text}` };
}

function custom(issue: z.core.$ZodIssueCustom): IssueMessage {
  const type = issue.params?.pydantic;
  return typeof type === 'string' ? { type, msg: issue.message } : valueErrorOf(issue.message);
}

const typeMessages: Readonly<Record<string, IssueMessage>> = {
  string: { type: 'string_type', msg: 'Input should be a valid string' },
  object: {
    type: 'model_attributes_type',
    msg: 'Input should be a valid dictionary or object to extract fields from',
  },
  record: { type: 'dict_type', msg: 'Input should be a valid dictionary' },
  map: { type: 'dict_type', msg: 'Input should be a valid dictionary' },
  array: { type: 'list_type', msg: 'Input should be a valid list' },
  tuple: { type: 'tuple_type', msg: 'Input should be a valid tuple' },
  set: { type: 'set_type', msg: 'Input should be a valid set' },
  null: { type: 'none_required', msg: 'Input should be None' },
  never: { type: 'extra_forbidden', msg: 'Extra inputs are not permitted' },
  undefined: { type: 'extra_forbidden', msg: 'Extra inputs are not permitted' },
  date: { type: 'datetime_type', msg: 'Input should be a valid datetime' },
};

function wrongType(expected: string, found: Found): IssueMessage {
  if (!found.present) {
    return { type: 'missing', msg: 'Field required' };
  }
  switch (expected) {
    case 'int':
    case 'bigint':
      return wrongInteger(found.value);
    case 'number':
      return wrongNumber(found.value);
    case 'boolean':
      return wrongBoolean(found.value);
    default:
      return (
        typeMessages[expected] ?? { type: `${expected}_type`, msg: `Input should be ${expected}` }
      );
  }
}

function wrongInteger(value: unknown): IssueMessage {
  if (typeof value === 'number') {
    return {
      type: 'int_from_float',
      msg: 'Input should be a valid integer, got a number with a fractional part',
    };
  }
  return typeof value === 'string'
    ? {
        type: 'int_parsing',
        msg: 'Input should be a valid integer, unable to parse string as an integer',
      }
    : { type: 'int_type', msg: 'Input should be a valid integer' };
}

function wrongNumber(value: unknown): IssueMessage {
  if (typeof value === 'number') {
    return { type: 'finite_number', msg: 'Input should be a finite number' };
  }
  return typeof value === 'string'
    ? {
        type: 'float_parsing',
        msg: 'Input should be a valid number, unable to parse string as a number',
      }
    : { type: 'float_type', msg: 'Input should be a valid number' };
}

function wrongBoolean(value: unknown): IssueMessage {
  return typeof value === 'string' || typeof value === 'number'
    ? { type: 'bool_parsing', msg: 'Input should be a valid boolean, unable to interpret input' }
    : { type: 'bool_type', msg: 'Input should be a valid boolean' };
}

function wrongValue(issue: z.core.$ZodIssueInvalidValue): IssueMessage {
  const names = issue.values.map((value) =>
    typeof value === 'string' ? `'${value}'` : String(value),
  );
  const last = names.at(-1) ?? '';
  const list = names.length > 1 ? `${names.slice(0, -1).join(', ')} or ${last}` : last;
  return { type: names.length > 1 ? 'enum' : 'literal_error', msg: `Input should be ${list}` };
}

interface Bound {
  readonly bound: number | bigint;
  readonly end: 'small' | 'big';
}

function outOfRange(
  issue: z.core.$ZodIssueTooSmall | z.core.$ZodIssueTooBig,
  bound: Bound,
): IssueMessage {
  switch (issue.origin) {
    case 'string':
      return wrongLength('string_too_', 'String', countOf(bound, 'character'));
    case 'array':
      return wrongLength('too_', 'List', countOf(bound, 'item'));
    case 'set':
    case 'map':
    case 'file':
      return wrongLength('too_', 'Value', countOf(bound, 'item'));
    default:
      return beyond(bound, issue.inclusive !== false);
  }
}

interface Count {
  readonly tail: 'short' | 'long';
  readonly text: string;
}

function countOf({ bound, end }: Bound, unit: string): Count {
  const units = Number(bound) === 1 ? unit : `${unit}s`;
  return end === 'small'
    ? { tail: 'short', text: `at least ${bound} ${units}` }
    : { tail: 'long', text: `at most ${bound} ${units}` };
}

function wrongLength(prefix: string, kind: string, { tail, text }: Count): IssueMessage {
  return { type: `${prefix}${tail}`, msg: `${kind} should have ${text}` };
}

function beyond({ bound, end }: Bound, inclusive: boolean): IssueMessage {
  const side = end === 'small' ? 'greater' : 'less';
  return inclusive
    ? { type: `${side}_than_equal`, msg: `Input should be ${side} than or equal to ${bound}` }
    : { type: `${side}_than`, msg: `Input should be ${side} than ${bound}` };
}

function wrongFormat(issue: z.core.$ZodIssueInvalidStringFormat): IssueMessage {
  switch (issue.format) {
    case 'regex':
      return {
        type: 'string_pattern_mismatch',
        msg: `String should match pattern '${String(issue.pattern ?? '')}'`,
      };
    case 'url':
      return { type: 'url_parsing', msg: 'Input should be a valid URL' };
    case 'uuid':
    case 'guid':
      return { type: 'uuid_parsing', msg: 'Input should be a valid UUID' };
    case 'datetime':
      return { type: 'datetime_parsing', msg: 'Input should be a valid datetime' };
    case 'date':
      return { type: 'date_parsing', msg: 'Input should be a valid date' };
    case 'time':
      return { type: 'time_parsing', msg: 'Input should be a valid time' };
    case 'json_string':
      return { type: 'json_invalid', msg: 'Invalid JSON' };
    default:
      return valueErrorOf(issue.message);
  }
}

function wrongUnion(issue: z.core.$ZodIssueInvalidUnion, found: Found): IssueMessage {
  const { discriminator, options } = issue as {
    discriminator?: unknown;
    options?: readonly unknown[];
  };
  if (typeof discriminator !== 'string') {
    return valueErrorOf(issue.message);
  }
  return wrongTag(discriminator, found, options ?? []);
}

/** A tagged union whose tag is missing or names nothing that exists. */
export function wrongTag(
  discriminator: string,
  found: Found,
  options: readonly unknown[],
): IssueMessage {
  const expected = options.map((option) => `'${String(option)}'`).join(', ');
  if (!found.present) {
    return {
      type: 'union_tag_not_found',
      msg: `Unable to extract tag using discriminator '${discriminator}'; give one of ${expected}`,
    };
  }
  return {
    type: 'union_tag_invalid',
    msg: `Input tag ${quoted(found.value)} found using '${discriminator}' does not match any of the expected tags: ${expected}`,
  };
}
