import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { toIssues } from './issues.ts';

/** `type` and place of each issue of this value. */
function found(schema: z.ZodType, value: unknown): string[] {
  const result = schema.safeParse(value);
  return toIssues(result.error?.issues ?? [], { value, schema, loc: ['body'] }).map(
    ({ type, loc }) => `${type} ${loc.join('.')}`,
  );
}

describe('names of rules', () => {
  it.each<[string, z.ZodType, unknown]>([
    ['missing body.a', z.object({ a: z.string() }), {}],
    ['missing body.a', z.object({ a: z.union([z.string(), z.int()]) }), {}],
    ['string_type body.a', z.object({ a: z.string() }), { a: null }],
    ['int_parsing body', z.int(), 'x'],
    ['int_from_float body', z.int(), 1.5],
    ['int_type body', z.int(), []],
    ['less_than_equal body', z.int(), 1e300],
    ['float_parsing body', z.number(), 'x'],
    ['float_type body', z.number(), null],
    ['finite_number body', z.number(), Number.NaN],
    ['bool_parsing body', z.boolean(), 'x'],
    ['bool_type body', z.boolean(), {}],
    ['list_type body', z.array(z.int()), {}],
    ['tuple_type body', z.tuple([z.int()]), 1],
    ['dict_type body', z.record(z.string(), z.int()), []],
    ['model_attributes_type body', z.object({}), 1],
    ['none_required body', z.null(), 1],
    ['datetime_type body', z.date(), 1],
    ['enum body', z.enum(['a', 'b']), 'c'],
    ['literal_error body', z.literal('a'), 'c'],
    ['greater_than_equal body', z.number().min(1), 0],
    ['greater_than body', z.number().gt(1), 1],
    ['less_than body', z.number().lt(1), 1],
    ['string_too_short body', z.string().min(1), ''],
    ['string_too_long body', z.string().max(1), 'ab'],
    ['too_short body', z.array(z.int()).min(1), []],
    ['too_long body', z.array(z.int()).max(1), [1, 2]],
    ['multiple_of body', z.number().multipleOf(2), 3],
    ['string_pattern_mismatch body', z.string().regex(/a/), 'b'],
    ['url_parsing body', z.url(), 'b'],
    ['uuid_parsing body', z.uuid(), 'b'],
    ['datetime_parsing body', z.iso.datetime(), 'b'],
    ['date_parsing body', z.iso.date(), 'b'],
    ['value_error body', z.email(), 'b'],
    ['value_error body', z.string().refine(() => false, 'no'), 'b'],
    [
      'missing body.id',
      z.object({}).refine(() => false, { path: ['id'], params: { pydantic: 'missing' } }),
      {},
    ],
    ['value_error body', z.xor([z.string(), z.string()]), 'a'],
    ['string_too_short body.a', z.record(z.string().min(2), z.int()), { a: 1 }],
  ])('%s', (expected, schema, value) => {
    expect(found(schema, value)).toEqual([expected]);
  });
});

describe('unions', () => {
  const tagged = z.object({
    item: z.discriminatedUnion('kind', [z.object({ kind: z.literal('a'), size: z.int() })]),
  });

  it('tell an unknown tag from a missing one and from a fault inside', () => {
    expect(found(tagged, { item: { kind: 'z' } })).toEqual(['union_tag_invalid body.item']);
    expect(found(tagged, { item: {} })).toEqual(['union_tag_not_found body.item']);
    expect(found(tagged, { item: { kind: 'a' } })).toEqual(['missing body.item.size']);
  });

  it('list the problems of the alternative that fits the kind of value', () => {
    const schema = z.object({ to: z.union([z.string(), z.object({ id: z.int() }), z.null()]) });
    expect(found(schema, { to: { id: 'x' } })).toEqual(['int_parsing body.to.id']);
  });

  it('list every alternative when none fits', () => {
    const schema = z.union([z.string(), z.array(z.union([z.int(), z.boolean()]))]);
    expect(found(schema, 3)).toEqual(['string_type body', 'list_type body']);
    expect(found(schema, [null])).toEqual(['int_type body.0', 'bool_type body.0']);
  });
});

it('lists each key that is not allowed', () => {
  expect(found(z.strictObject({}), { a: 1, b: 2 })).toEqual([
    'extra_forbidden body.a',
    'extra_forbidden body.b',
  ]);
});

it('shows the offending value only when it is plain and short', () => {
  const inputs = [5, 'a'.repeat(2000), [1], { secret: 1 }].map((value) => {
    const { error } = z.null().safeParse(value);
    return toIssues(error?.issues ?? [], { value, schema: z.null() })[0]?.input;
  });
  expect(inputs).toEqual([5, undefined, undefined, undefined]);
});

it('words the bounds of a number and names the choices of an enum', () => {
  const schema = z.object({ n: z.int().min(1), e: z.enum(['a', 'b', 'c']) });
  const value = { n: 0, e: 'd' };
  const messages = toIssues(schema.safeParse(value).error?.issues ?? [], { value, schema }).map(
    ({ msg }) => msg,
  );
  expect(messages).toEqual([
    'Input should be greater than or equal to 1',
    "Input should be 'a', 'b' or 'c'",
  ]);
});

it('keeps the sentence that a schema gives', () => {
  const schema = z.object({
    old: z.never({ error: 'use new' }).optional(),
    code: z.string().regex(/^[A-Z]+$/, 'must be in capitals'),
  });
  const value = { old: 1, code: 'a' };
  const issues = toIssues(schema.safeParse(value).error?.issues ?? [], { value, schema });
  expect(issues.map(({ type, msg }) => `${type}: ${msg}`)).toEqual([
    'extra_forbidden: use new',
    'string_pattern_mismatch: must be in capitals',
  ]);
});
