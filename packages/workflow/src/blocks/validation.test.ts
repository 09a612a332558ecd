import { expect, test } from 'vitest';
import { expectNeedsAgent } from './task/testing/needs-agent.ts';

const validation = { block_type: 'validation', label: 'check_cart' };

test('needs the agent', async () => {
  const outcome = await expectNeedsAgent({ ...validation, complete_criterion: 'It is empty.' });
  expect(outcome?.details.complete_criterion).toBe('It is empty.');
});
