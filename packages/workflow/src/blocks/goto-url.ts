import { z } from 'zod';
import { defineBlock } from './block.ts';
import { taskDefaults } from './task/fields.ts';
import { completeOnPage } from './task/open-page.ts';

/** `goto_url`: opens an address in the run's page. Its output is a TaskOutput (blocks.md §4.2, §4.3). */
export const gotoUrl = defineBlock({
  type: 'goto_url',
  summary: 'Opens an address in the browser.',
  needs: ['browser', 'files'],
  effect: 'page',
  task: 'family',
  params: z.object({
    url: z.string().describe('http(s) address, or the key of a parameter. https:// is added.'),
  }),
  stored: { ...taskDefaults, complete_verification: false },
  rendered: { url: 'text' },
  renderFailure: (reason) => ({ output: { failure_reason: reason } }),
  run: (ctx, params) => completeOnPage(ctx, params),
});
