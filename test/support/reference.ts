import { readFileSync } from 'node:fs';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';

/** A JSON schema of the reference, without its words. */
export type Schema = Readonly<Record<string, unknown>>;

/** One published operation of the reference (openapi.json): only facts. */
interface ReferenceOperation {
  readonly method: string;
  readonly path: string;
  /** `[method, path]` of its other addresses. */
  readonly aliases: readonly (readonly [string, string])[];
  /** What it answers when it succeeds. */
  readonly status: number;
  readonly query?: Readonly<Record<string, { readonly required: boolean }>>;
  readonly headers?: readonly string[];
  readonly body?: { readonly type: string; readonly schema: Schema };
  readonly answer?: Schema;
}

interface ReferenceFile {
  readonly operations: readonly ReferenceOperation[];
  /** What the reference serves without publishing it; `slash`: with a slash at the end too. */
  readonly unlisted: readonly {
    readonly method: string;
    readonly path: string;
    readonly slash: boolean;
  }[];
  readonly $defs: Readonly<Record<string, Schema>>;
}

const file = new URL('../integration/api/fixtures/reference.json', import.meta.url);
// Its schemas point into themselves; under a name of their own others can point to them too.
const text = readFileSync(file, 'utf8').replaceAll('"#/$defs/', '"reference#/$defs/');
export const reference: ReferenceFile = JSON.parse(text);

/** One address of the reference, with what is published of its operation. */
export interface Address {
  readonly method: string;
  readonly path: string;
  /** Null when the operation is not published. */
  readonly operation: ReferenceOperation | null;
}

const withoutSlash = (path: string) => path.replace(/\/$/, '');

/** Every address that the reference answers at, once with and once without a slash where it does. */
export const addresses: readonly Address[] = [
  ...reference.operations.flatMap((operation) => [
    { method: operation.method, path: operation.path, operation },
    ...operation.aliases.map(([method, path]) => ({ method, path, operation })),
  ]),
  ...reference.unlisted.flatMap(({ method, path, slash }) => [
    { method, path, operation: null },
    ...(slash ? [{ method, path: `${withoutSlash(path)}/`, operation: null }] : []),
  ]),
];

/** `GET /v1/runs/{}`: an address whatever its parameters are called, without a slash at its end. */
export const shapeOf = (address: { readonly method: string; readonly path: string }) =>
  `${address.method} ${withoutSlash(address.path).replaceAll(/\{\w+\}/g, '{}')}`;

const ajv = new Ajv2020({ strict: false, allErrors: true });
ajv.addSchema({ $id: 'reference', $defs: reference.$defs });
const compiled = new Map<string, ValidateFunction>();

function validatorOf(schema: Schema): ValidateFunction {
  const key = JSON.stringify(schema);
  const known = compiled.get(key) ?? ajv.compile(schema);
  compiled.set(key, known);
  return known;
}

/** How a value does not fit a schema of the reference. */
export function misfits(schema: Schema, value: unknown): string[] {
  const validate = validatorOf(schema);
  if (validate(value)) return [];
  return (validate.errors ?? []).map((error) => `${error.instancePath} ${error.message}`);
}

/** A schema of the reference by its name. */
export const named = (name: string): Schema => ({ $ref: `reference#/$defs/${name}` });

export function resolved(schema: Schema): Schema {
  const name = typeof schema.$ref === 'string' ? schema.$ref.replace('reference#/$defs/', '') : '';
  return name === '' ? schema : (reference.$defs[name] ?? {});
}

/**
 * Fields of the reference that a fitting value has not. The reference writes every field, null ones too, so a client may
 * count on it.
 */
export function absentFields(schema: Schema, value: unknown, path = ''): string[] {
  const known = resolved(schema);
  if (Array.isArray(known.anyOf)) {
    const fitting = (known.anyOf as Schema[]).filter((one) => validatorOf(one)(value));
    const found = fitting.map((one) => absentFields(one, value, path));
    return found.sort((a, b) => a.length - b.length)[0] ?? [];
  }
  if (Array.isArray(value)) {
    const items = (known.items ?? {}) as Schema;
    return value.flatMap((item) => absentFields(items, item, `${path}[]`));
  }
  if (typeof value !== 'object' || value === null) return [];
  const fields = value as Readonly<Record<string, unknown>>;
  const properties = (known.properties ?? {}) as Readonly<Record<string, Schema>>;
  const own = Object.entries(properties).flatMap(([name, property]) =>
    name in fields ? absentFields(property, fields[name], `${path}.${name}`) : [`${path}.${name}`],
  );
  const others = known.additionalProperties;
  if (typeof others !== 'object' || others === null) return own;
  const rest = Object.entries(fields).filter(([name]) => !(name in properties));
  return [...own, ...rest.flatMap(([, item]) => absentFields(others as Schema, item, `${path}.*`))];
}
