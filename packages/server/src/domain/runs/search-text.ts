import type { RunRequestEcho } from '@lapwing/protocol';
import type { StoredDefinition } from '@lapwing/workflow';
import type { RunRow } from './store.ts';

/** Characters of one value, and of all, that a run can be found by. */
const maxValue = 500;
const maxText = 8000;

const textOf = (value: unknown) =>
  (typeof value === 'string' ? value : (JSON.stringify(value) ?? '')).slice(0, maxValue);

/**
 * What `search_key` looks into (reference: api.md §11): ids and title, keys, descriptions and values of parameters, and
 * extra headers; a line each.
 */
export function searchText(
  run: Pick<RunRow, 'runId' | 'workflowPermanentId' | 'title'> & {
    readonly request: unknown;
    readonly parameters: Readonly<Record<string, unknown>>;
  },
  declared: StoredDefinition['parameters'],
): string {
  const { extra_http_headers: headers } = run.request as RunRequestEcho;
  const described = declared
    .filter(({ key }) => Object.hasOwn(run.parameters, key))
    .flatMap(({ key, description }) => [key, description ?? '', textOf(run.parameters[key])]);
  const sent = Object.entries(headers ?? {}).map(([name, value]) => `${name}: ${textOf(value)}`);
  const lines = [run.runId, run.workflowPermanentId, run.title ?? '', ...described, ...sent];
  return lines
    .filter((line) => line !== '')
    .join('\n')
    .slice(0, maxText);
}
