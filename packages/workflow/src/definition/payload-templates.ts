import { isJsonObject, type JsonObject } from '../json.ts';
import { checkTemplate } from '../templates/templates.ts';
import { type DefinitionIssue, valueError } from './issues.ts';

type Path = readonly (string | number)[];

/** Texts in the payload of a `workflow_trigger` that are no templates (blocks.md §1.4), each with its place. */
export function payloadProblems(item: JsonObject, loc: Path): readonly DefinitionIssue[] {
  if (item.block_type !== 'workflow_trigger') {
    return [];
  }
  return textsIn(item.payload, 'payload').flatMap(({ place, text }) => {
    const error = checkTemplate(text);
    return error === null ? [] : [valueError([...loc, 'payload'], `${place}: ${error.message}`)];
  });
}

interface PlacedText {
  /** `payload.items[0].name` */
  readonly place: string;
  readonly text: string;
}

function textsIn(value: unknown, place: string): readonly PlacedText[] {
  if (typeof value === 'string') {
    return [{ place, text: value }];
  }
  if (Array.isArray(value)) {
    return value.flatMap((entry, index) => textsIn(entry, `${place}[${index}]`));
  }
  return isJsonObject(value)
    ? Object.entries(value).flatMap(([key, entry]) => textsIn(entry, `${place}.${key}`))
    : [];
}
