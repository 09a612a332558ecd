import { z } from 'zod';
import { beyond, legacyTwin, nothing, type Route, reference, run } from '../route.ts';

const path = '/v1/workflows/runs/{run_id}/continue';

/** What the address in an e-mail carries: it is the permission to answer, for one pause of one run. */
const answer = {
  ...beyond,
  path: `${run}/answer`,
  tag: 'Runs',
  auth: 'none',
  query: z.object({
    block: z.string(),
    decision: z.enum(['approve', 'reject']),
    expiry: z.string(),
    sig: z.string(),
  }),
  answer: { kind: 'page' },
  errors: ['invalid_credentials', 'not_found', 'validation_failed'],
} as const;

/** Answers of people to a run that waits for them (reference: api.md §7, blocks.md §4.7). */
export const humanRoutes = {
  continueRun: {
    ...reference,
    method: 'POST',
    path,
    twins: legacyTwin('POST', path),
    tag: 'Runs',
    summary: 'Approve a paused run: it goes on',
    answer: nothing,
    errors: ['not_found'],
  },
  showAnswer: {
    ...answer,
    method: 'GET',
    summary: 'What the link of an e-mail opens: asks for confirmation, and changes nothing',
  },
  giveAnswer: {
    ...answer,
    method: 'POST',
    summary: 'Approve or reject a paused run by the link of an e-mail',
  },
} as const satisfies Record<string, Route>;
