import { TagKeyName } from '@lapwing/protocol';
import { LapwingError } from '../../errors.ts';

/** Which tags something must carry: every label, and of each key one of the values. */
export interface TagFilter {
  readonly labels: readonly string[];
  /** `any`: whatever the value is. */
  readonly groups: ReadonlyMap<string, readonly string[] | 'any'>;
}

const maxTerms = 20;

const refuse = (problem: string) => new LapwingError('invalid_parameters', `tags: ${problem}`);

/**
 * Reads a filter (reference: api.md §11). Terms are `label`, `key:*` and `key:value`, repeated or separated by commas:
 * keys are joined by AND, values of one key by OR, labels by AND.
 * @throws LapwingError `invalid_parameters` when a term does not fit, or there are more than 20.
 */
export function parseTagFilter(parameters: readonly string[]): TagFilter {
  const given = parameters.flatMap((text) => text.split(',')).map((term) => term.trim());
  const terms = new Set(given.filter((term) => term !== ''));
  if (terms.size > maxTerms)
    throw refuse(`${terms.size} terms were sent; at most ${maxTerms} are taken`);
  const labels: string[] = [];
  const groups = new Map<string, string[] | 'any'>();
  for (const term of terms) {
    const colon = term.indexOf(':');
    if (colon === -1) labels.push(term);
    else addToGroup(groups, term, colon);
  }
  return { labels, groups };
}

function addToGroup(groups: Map<string, string[] | 'any'>, term: string, colon: number): void {
  const key = term.slice(0, colon).trim();
  const value = term.slice(colon + 1).trim();
  if (!TagKeyName.safeParse(key).success || value === '') {
    throw refuse(
      `${JSON.stringify(term)} is no term: send label, key:value, or key:* for any value`,
    );
  }
  const before = groups.get(key);
  if (value === '*' || before === 'any') groups.set(key, 'any');
  else groups.set(key, [...(before ?? []), value]);
}
