import fc, { type Arbitrary } from 'fast-check';
import { forbiddenUrls, hostileTexts } from '../support/hostile.ts';

/** A JSON schema, as far as those of the API go. */
export interface JsonSchema {
  readonly type?: string | readonly string[];
  readonly const?: unknown;
  /** Of a field that may not be given. */
  readonly not?: unknown;
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
const words = [
  'a',
  'b',
  'c',
  'a_output',
  'current_value',
  'current_index',
  'items',
  'env',
  'two words',
];

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
  {
    weight: 1,
    arbitrary: fc.constantFrom('https://site.invalid/a', 'site.invalid', '2024-01-01T00:00:00Z'),
  },
  { weight: 2, arbitrary: hostileText },
);

/** Values of every kind, most of them in places where they do not belong. */
export const hostileValue: Arbitrary<unknown> = fc.oneof(
  hostileText,
  fc.constantFrom<unknown>(null, true, -1, 0, 2 ** 53, -(2 ** 63), 1e308, 0.1, [], {}, [[]], ''),
  fc.jsonValue({ maxDepth: 4 }),
  fc.constantFrom<unknown>(
    JSON.parse(
      '{"__proto__": {"polluted": true}, "constructor": {"prototype": {"polluted": true}}}',
    ),
    Object.fromEntries(['toString', 'valueOf', 'toJSON', 'then'].map((name) => [name, 1])),
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
export function fitting(
  schema: JsonSchema,
  root: JsonSchema = schema,
  depth = 0,
): Arbitrary<unknown> {
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

function ofType(
  type: string,
  schema: JsonSchema,
  root: JsonSchema,
  depth: number,
): Arbitrary<unknown> {
  switch (type) {
    case 'string':
      return anyText;
    case 'boolean':
      return fc.boolean();
    case 'null':
      return fc.constant(null);
    case 'integer':
      return mostly(fc.integer(boundsOf(schema)), fc.integer());
    case 'number':
      return mostly(fc.integer(boundsOf(schema)), fc.double());
    case 'array':
      return depth > maxDepth
        ? fc.constant([])
        : fc.array(fitting(schema.items ?? {}, root, depth + 1), {
            minLength: Math.min(schema.minItems ?? 0, 3),
            maxLength: 3,
          });
    case 'object':
      return depth > maxDepth ? fc.constant({}) : ofProperties(schema, root, depth);
    default:
      return fc.oneof(anyText, fc.jsonValue({ maxDepth: 3 }));
  }
}

const mostly = (usual: Arbitrary<unknown>, rare: Arbitrary<unknown>) =>
  fc.oneof({ weight: 19, arbitrary: usual }, { weight: 1, arbitrary: rare });

const boundsOf = ({ minimum = 0, maximum = 100 }: JsonSchema) => ({
  min: Math.ceil(Math.max(minimum, -(2 ** 31))),
  max: Math.floor(Math.min(Math.max(maximum, minimum), 2 ** 31 - 1)),
});

function ofProperties(schema: JsonSchema, root: JsonSchema, depth: number): Arbitrary<unknown> {
  const { properties = {}, additionalProperties } = schema;
  const fields = Object.entries(properties)
    .filter(([, property]) => property.not === undefined)
    .map(([name, property]) => [name, fitting(property, root, depth + 1)] as const);
  const known = fc.record(Object.fromEntries(fields), {
    requiredKeys: [...(schema.required ?? [])].filter((name) => name in properties),
  });
  if (typeof additionalProperties !== 'object') return known;
  const more = fc.dictionary(anyText, fitting(additionalProperties, root, depth + 1), {
    maxKeys: 3,
  });
  return fc.tuple(known, more).map(([fixed, open]) => ({ ...open, ...fixed }));
}

type Entries = Record<string | number, unknown>;

/** Every object and list of a value. */
function containers(value: unknown): Entries[] {
  if (typeof value !== 'object' || value === null) return [];
  return [value as Entries, ...Object.values(value).flatMap(containers)];
}

/** A value that is nearly another one: at one place something is replaced, left out, repeated or added. */
export function mutated(value: Arbitrary<unknown>): Arbitrary<unknown> {
  const change = fc.record({
    where: fc.nat(),
    which: fc.nat(),
    how: fc.constantFrom('replace', 'remove', 'repeat', 'add'),
    what: hostileValue,
    name: fc.oneof(hostileText, fc.constantFrom(...words)),
  });
  return fc.tuple(value, change).map(([original, { where, which, how, what, name }]) => {
    const copy = structuredClone(original);
    const all = containers(copy);
    const place = all[where % Math.max(1, all.length)];
    if (place === undefined) return what;
    const keys = Object.keys(place);
    const key = keys[which % Math.max(1, keys.length)] ?? name;
    if (how === 'replace') set(place, key, what);
    else if (how === 'remove') delete place[key];
    else if (how === 'repeat' && Array.isArray(place)) place.push(...place);
    else set(place, name, what);
    return copy;
  });
}

/** Also under a name that assignment would take for something else. */
function set(place: Entries, key: string, value: unknown): void {
  Object.defineProperty(place, key, {
    value,
    enumerable: true,
    writable: true,
    configurable: true,
  });
}
