import { z } from 'zod';
import type { BlockType } from '../../packages/workflow/src/index.ts';
import { alternatives, type FieldSchema, typeInWords } from './field-type.ts';

/** The fields of a block type as a Markdown table; those of nested objects follow with their paths. */
export function fieldTable(type: BlockType): string {
  const schema = z.toJSONSchema(type.params, { io: 'input' }) as FieldSchema;
  const rows = fieldsOf(schema, '').map(({ path, field, required }) => {
    const mark = Object.hasOwn(type.rendered, path) ? 'template' : '';
    const cells = [`\`${path}\``, typeInWords(field), defaultOf(field, required), mark];
    return [...cells, field.description ?? ''].map(cell).join(' ');
  });
  const head = ['| field | type | default | | meaning |', '|---|---|---|---|---|'];
  return [...head, ...rows.map((row) => `${row} |`)].join('\n');
}

interface Field {
  readonly path: string;
  readonly field: FieldSchema;
  readonly required: boolean;
}

/** Required fields come first. */
function fieldsOf(schema: FieldSchema, prefix: string): readonly Field[] {
  const fields = Object.entries(schema.properties ?? {})
    // A field that a request may not set is there for its error message alone.
    .filter(([, field]) => field.not === undefined)
    .map(([name, field]) => ({
      path: `${prefix}${name}`,
      field,
      required: schema.required?.includes(name) === true,
    }));
  const sorted = [
    ...fields.filter(({ required }) => required),
    ...fields.filter(({ required }) => !required),
  ];
  return sorted.flatMap((field) => [field, ...nestedFields(field)]);
}

function nestedFields({ path, field }: Field): readonly Field[] {
  return alternatives(field).others.flatMap((schema) =>
    schema.items === undefined
      ? fieldsOf(schema, `${path}.`)
      : fieldsOf(schema.items, `${path}[].`),
  );
}

function defaultOf({ default: value }: FieldSchema, required: boolean): string {
  if (required) return '**required**';
  if (value === undefined || value === null) return '';
  return value === ''
    ? 'empty'
    : `\`${typeof value === 'string' ? value : JSON.stringify(value)}\``;
}

/** Text that ends no cell. */
function cell(text: string): string {
  return `| ${text.replaceAll('|', '\\|').replaceAll('\n', ' ')}`;
}
