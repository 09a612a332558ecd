import { expandDefinition } from '../expand.ts';
import type { RequestDefinition } from '../request.ts';
import type { StoredDefinition } from '../stored.ts';
import { accept, define, type Json } from './documents.ts';

/** The stored form of a checked definition. Ids count up: `wp_1`, `op_2`, `uuid-3`. */
export function expand(definition: RequestDefinition): StoredDefinition {
  let count = 0;
  const next = () => {
    count += 1;
    return count;
  };
  return expandDefinition(definition, {
    workflowId: 'w_1',
    now: '2026-01-02T03:04:05.000000',
    newId: (prefix) => `${prefix}_${next()}`,
    newUuid: () => `uuid-${next()}`,
  });
}

/** The stored form of a definition of these parameters and blocks. */
export function store(definition: Json): StoredDefinition {
  return expand(accept(define(definition)).workflow_definition);
}
