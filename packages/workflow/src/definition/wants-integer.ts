import type { z } from 'zod';

type Schema = z.core.$ZodType;
type Path = readonly (string | number)[];

/** Whether a schema wants a whole number at this place. Zod's issues do not tell: a text fails as "no number" first. */
export function wantsInteger(schema: Schema | undefined, path: Path): boolean {
  let places = schema === undefined ? [] : unwrap(schema);
  for (const key of path) {
    places = places.flatMap((place) => inside(place, key)).flatMap(unwrap);
  }
  return places.some(isInteger);
}

function isInteger(schema: Schema): boolean {
  const { def } = schema._zod;
  const formats = [def, ...(def.checks ?? []).map((check) => check._zod.def)];
  return (
    def.type === 'number' &&
    formats.some((part) => 'format' in part && /int/.test(String(part.format)))
  );
}

/** The schemas behind defaults, optional marks, conversions and alternatives. */
function unwrap(schema: Schema): readonly Schema[] {
  const { def } = schema._zod as { def: z.core.$ZodTypes['_zod']['def'] };
  switch (def.type) {
    case 'optional':
    case 'nullable':
    case 'default':
    case 'prefault':
    case 'nonoptional':
    case 'readonly':
    case 'catch':
      return unwrap(def.innerType);
    case 'union':
      return def.options.flatMap(unwrap);
    case 'intersection':
      return [...unwrap(def.left), ...unwrap(def.right)];
    case 'pipe':
      return [...unwrap(def.in), ...unwrap(def.out)];
    default:
      return [schema];
  }
}

function inside(schema: Schema, key: string | number): readonly Schema[] {
  const { def } = schema._zod as { def: z.core.$ZodTypes['_zod']['def'] };
  switch (def.type) {
    case 'object':
      return Object.hasOwn(def.shape, key) ? [def.shape[key]].flatMap((field) => field ?? []) : [];
    case 'array':
      return [def.element];
    case 'record':
      return [def.valueType];
    case 'tuple':
      return [def.items[Number(key)] ?? def.rest].flatMap((item) => item ?? []);
    default:
      return [];
  }
}
