import fc, { type Arbitrary } from 'fast-check';
import { forbiddenUrls, hostileTexts } from '../support/hostile.ts';

/** A JSON schema, as far as those of the API go. */
export interface JsonSchema {
  readonly type?: string | readonly string[];
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly JsonSchema[];
  readonly oneOf?: readonly JsonSchema[];
  readonly allOf?: readonly JsonSchema[];
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean | JsonSchema;
  readonly items?: JsonSchema;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minItems?: number;
  readonly $ref?: string;
  readonly $defs?: Readonly<Record<string, JsonSchema>>;
}

const maxDepth = 5;

/** Words that templates, links and parameters are made of, so that some of them meet. */
const words = ['a', 'b', 'c', 'a_output', 'current_value', 'current_index', 'items', 'env', 'two words'];

const templates = [
  '{{ a }}',
  '{{ a_output }}',
  '{{ current_value }}',
  '{{ current_index }}',
  '{{ [1, 2, 3] }}',
  '{{ a | json }}',
  '{{ a ==',
  '{% if a %}x{% endif %}',
  '{{ range(3) | list }}',
  '{{ missing.name[0] }}',
];

export const hostileText: Arbitrary<string> = fc.oneof(
  fc.constantFrom(...Object.values(hostileTexts)),
  fc.constantFrom(...forbiddenUrls),
  fc.string({ unit: 'binary', maxLength: 40 }),
);

const anyText: Arbitrary<string> = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom(...words) },
  { weight: 3, arbitrary: fc.constantFrom(...templates) },
  { weight: 1, arbitrary: fc.constantFrom('https://site.invalid/a', 'site.invalid', '2024-01-01T00:00:00Z') },
  { weight: 2, arbitrary: hostileText },
);

/** Values of every kind, most of them in places where they do not belong. */
export const hostileValue: Arbitrary<unknown> = fc.oneof(
  hostileText,
  fc.constantFrom<unknown>(null, true, -1, 0, 2 ** 53, -(2 ** 63), 1e308, 0.1, [], {}, [[]], ''),
  fc.jsonValue({ maxDepth: 4 }),
  fc.constantFrom<unknown>(
    JSON.parse('{"__proto__": {"polluted": true}, "constructor": {"prototype": {"polluted": true}}}'),
    { toString: 1, valueOf: 2, toJSON: 3, then: 4 },
    Array.from({ length: 2_000 }, (_, index) => index),
    nested(60),
    nested(300),
  ),
);

function nested(depth: number): unknown {
  let value: unknown = 1;
  for (let level = 0; level < depth; level += 1) value = level % 2 === 0 ? [value] : { a: value };
  return value;
}

/** What fits a schema, mostly. */
export function fitting(schema: JsonSchema, root: JsonSchema = schema, depth = 0): Arbitrary<unknown> {
  if (schema.$ref !== undefined) {
    const name = schema.$ref.split('/').at(-1) ?? '';
    const target = root.$defs?.[name] ?? (schema.$ref === '#' ? root : {});
    return depth > maxDepth ? fc.constant(null) : fitting(target, root, depth + 1);
  }
  if ('const' in schema) return fc.constant(schema.const);
  if (schema.enum !== undefined) return fc.constantFrom(...schema.enum);
  const choices = schema.anyOf ?? schema.oneOf ?? schema.allOf;
  if (choices !== undefined) {
    return fc.oneof(...choices.map((choice) => fitting(choice, root, depth + 1)));
  }
  const types = typeof schema.type === 'string' ? [schema.type] : (schema.type ?? ['any']);
  return fc.oneof(...types.map((type) => ofType(type, schema, root, depth)));
}
