import type { BlockType, RenderMode } from '../blocks/block.ts';
import type { StoredBlock } from '../definition/stored.ts';
import { isJsonObject, type JsonValue } from '../json.ts';
import { TemplateError } from '../templates/errors.ts';
import { renderJson, renderTemplate } from '../templates/templates.ts';

/**
 * The fields of a block, those that its type names rendered. Empty and missing fields are left alone.
 * @throws TemplateError, naming the place when a field holds several templates: `payload.items.0`
 */
export function renderFields(
  type: BlockType,
  block: StoredBlock,
  scope: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  const fields = requestFields(block);
  const rendered = Object.entries(type.rendered)
    .filter(([field]) => !isEmpty(fields[field]))
    .map(([field, mode]) => [
      field,
      renderField(field, fields[field] as JsonValue, { mode, scope }),
    ]);
  return { ...fields, ...Object.fromEntries(rendered) };
}

/** A block's fields as a request writes them: `parameters` is how `parameter_keys` is stored, and no field of a request. */
export function requestFields(block: StoredBlock): Omit<StoredBlock, 'parameters'> {
  const { parameters: _, ...fields } = block;
  return fields;
}

interface Rendering {
  readonly mode: RenderMode | undefined;
  readonly scope: Readonly<Record<string, unknown>>;
}

function renderField(field: string, value: JsonValue, { mode, scope }: Rendering): JsonValue {
  if (mode === 'text' || mode === 'cells') {
    const options = mode === 'cells' ? ({ objects: 'json', cells: true } as const) : {};
    return typeof value === 'string' ? renderTemplate(value, scope, options) : value;
  }
  const render = (part: JsonValue) => renderJson(part, scope, { keys: true, objects: 'json' });
  try {
    return render(value);
  } catch (error) {
    throw error instanceof TemplateError ? placed(error, [field, value], render) : error;
  }
}

/** The same error with the place of the first part that raises one by itself. */
function placed(
  error: TemplateError,
  [place, value]: readonly [string, JsonValue],
  render: (part: JsonValue) => JsonValue,
): TemplateError {
  for (const [name, part] of partsOf(value)) {
    try {
      render(part);
    } catch (found) {
      if (found instanceof TemplateError) return placed(found, [`${place}.${name}`, part], render);
      throw found;
    }
  }
  return new TemplateError(error.kind, `${place}: ${error.message}`);
}

function partsOf(value: JsonValue): readonly (readonly [string, JsonValue])[] {
  if (Array.isArray(value)) {
    return value.map((item: JsonValue, index) => [String(index), item]);
  }
  return isJsonObject(value) ? Object.entries(value) : [];
}

function isEmpty(value: unknown): boolean {
  return value === undefined || value === null || value === '';
}
