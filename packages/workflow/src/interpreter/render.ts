import type { BlockType, RenderMode } from '../blocks/block.ts';
import type { StoredBlock } from '../definition/stored.ts';
import type { JsonValue } from '../json.ts';
import { renderJson, renderTemplate } from '../templates/templates.ts';

/**
 * The fields of a block, those that its type names rendered. Empty and missing fields are left alone.
 * @throws TemplateError
 */
export function renderFields(
  type: BlockType,
  block: StoredBlock,
  scope: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  const fields = requestFields(block);
  const rendered = Object.entries(type.rendered)
    .filter(([field]) => !isEmpty(fields[field]))
    .map(([field, mode]) => [field, renderField(fields[field] as JsonValue, mode, scope)]);
  return { ...fields, ...Object.fromEntries(rendered) };
}

/** A block's fields as a request writes them: `parameters` is how `parameter_keys` is stored, and no field of a request. */
export function requestFields(block: StoredBlock): Omit<StoredBlock, 'parameters'> {
  const { parameters: _, ...fields } = block;
  return fields;
}

function renderField(
  value: JsonValue,
  mode: RenderMode | undefined,
  scope: Readonly<Record<string, unknown>>,
): JsonValue {
  if (mode === 'text' || mode === 'cells') {
    const options = mode === 'cells' ? ({ objects: 'json', cells: true } as const) : {};
    return typeof value === 'string' ? renderTemplate(value, scope, options) : value;
  }
  return renderJson(value, scope, { keys: true, objects: 'json' });
}

function isEmpty(value: unknown): boolean {
  return value === undefined || value === null || value === '';
}
