import { limits } from './limits.ts';

/** Names that every template sees, which no parameter may take (blocks.md §2.5). */
export const reservedKeys: ReadonlySet<string> = new Set([
  'current_item',
  'current_value',
  'current_index',
  'current_date',
  'workflow_title',
  'workflow_id',
  'workflow_permanent_id',
  'workflow_run_id',
  'workflow_run_outputs',
  'workflow_run_summary',
]);

/** Whether a name is an identifier as Python sees it: letters of any script, digits and `_`, no digit first. */
function isIdentifier(name: string): boolean {
  return /^[\p{XID_Start}_]\p{XID_Continue}*$/u.test(name);
}

/** Why a label or a key cannot be used as a name in templates; null when it can. */
export function nameProblem(name: string): string | null {
  if (name === '') {
    return 'is empty';
  }
  if (name === '__proto__') {
    return 'cannot be used, JavaScript gives it a meaning of its own';
  }
  return isIdentifier(name)
    ? null
    : 'must consist of letters, digits and underscores and must not begin with a digit';
}

/** The key of the output parameter that the server makes for a block. */
export function outputKey(label: string): string {
  return `${label}_output`;
}

/** A name in a message: in quotes, cut off when it is long. What is no name is called by its kind. */
export function quoted(name: unknown): string {
  // String() of an object calls its `toString`, which a document may have replaced by a value.
  if (typeof name === 'object' && name !== null) {
    return Array.isArray(name) ? 'a list' : 'an object';
  }
  const text = String(name);
  const { nameCharacters } = limits;
  return text.length > nameCharacters ? `'${text.slice(0, nameCharacters)}…'` : `'${text}'`;
}

/** Names in a message: the first ones, and how many more there are. */
export function listed(names: readonly unknown[], separator = ', '): string {
  const shown = names.slice(0, limits.namesShown).map(quoted);
  const rest = names.length - shown.length;
  return [...shown, ...(rest > 0 ? [`${rest} more`] : [])].join(separator);
}
