import { isJsonObject, type JsonObject, type JsonValue } from '../../json.ts';
import type { BlockContext } from '../block.ts';

/**
 * The values that a payload gives to the fields of a form, objects inside it as `outer.inner`; null when it gives none. A
 * text is the key of a parameter, or JSON.
 */
export function formValues(ctx: BlockContext, payload: JsonValue): JsonObject | null {
  const value = typeof payload === 'string' ? (ctx.value(payload.trim()) ?? payload) : payload;
  const content = typeof value === 'string' ? jsonIn(value) : value;
  if (!isJsonObject(content) || Object.keys(content).length === 0) {
    return null;
  }
  return Object.fromEntries(flat(content, ''));
}

function jsonIn(text: string): JsonValue {
  try {
    return JSON.parse(text) as JsonValue;
  } catch {
    return null;
  }
}

function flat(value: JsonObject, prefix: string): readonly (readonly [string, JsonValue])[] {
  return Object.entries(value).flatMap(([key, item]) =>
    isJsonObject(item) ? flat(item, `${prefix}${key}.`) : [[`${prefix}${key}`, item] as const],
  );
}
