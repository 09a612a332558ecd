/** What is read of a JSON Schema that zod has made. */
export interface FieldSchema {
  readonly type?: string | readonly string[];
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly FieldSchema[];
  readonly not?: unknown;
  readonly $ref?: string;
  readonly items?: FieldSchema;
  readonly properties?: Readonly<Record<string, FieldSchema>>;
  readonly additionalProperties?: FieldSchema | boolean;
  readonly required?: readonly string[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly default?: unknown;
  readonly description?: string;
}

/** The alternatives of a schema but null, and whether null is one. */
export function alternatives(schema: FieldSchema): {
  readonly others: readonly FieldSchema[];
  readonly orNull: boolean;
} {
  const types = typeof schema.type === 'object' ? schema.type : [];
  const all = schema.anyOf ?? types.map((type) => ({ type }));
  if (all.length === 0) return { others: [schema], orNull: false };
  const others = all.filter(({ type }) => type !== 'null');
  return { others, orNull: others.length < all.length };
}

/** A type in words: `list of text, or null`. */
export function typeInWords(schema: FieldSchema): string {
  const { others, orNull } = alternatives(schema);
  const words = [...new Set(others.map(wordsOf))].join(' or ');
  return orNull ? `${words}, or null` : words;
}

function wordsOf(schema: FieldSchema): string {
  if (schema.enum !== undefined) return schema.enum.map((value) => `\`${value}\``).join(', ');
  switch (schema.type) {
    case 'string':
      return 'text';
    case 'boolean':
      return 'true or false';
    case 'integer':
    case 'number':
      return `${schema.type}${bounds(schema)}`;
    case 'array':
      return `list of ${schema.items === undefined ? 'anything' : inList(schema.items)}`;
    case 'object':
      return objectInWords(schema);
    default:
      // `z.json()` is a schema that refers to itself.
      return schema.anyOf === undefined ? 'JSON' : typeInWords(schema);
  }
}

function inList(items: FieldSchema): string {
  return items.type === 'object' ? 'objects' : typeInWords(items);
}

function objectInWords({ additionalProperties: values }: FieldSchema): string {
  if (typeof values !== 'object' || Object.keys(values).length === 0) return 'object';
  return `map of ${typeInWords(values)}`;
}

/** The bounds that mean something: integers have those of JavaScript by themselves. */
function bounds({ minimum = -Infinity, maximum = Infinity }: FieldSchema): string {
  const low = minimum > Number.MIN_SAFE_INTEGER;
  const high = maximum < Number.MAX_SAFE_INTEGER;
  if (low && high) return `, ${minimum} to ${maximum}`;
  if (low) return `, at least ${minimum}`;
  return high ? `, at most ${maximum}` : '';
}
