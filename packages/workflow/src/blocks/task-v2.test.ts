import { expect, test } from 'vitest';
import { runOneBlock } from '../testing/run.ts';

const planner = { block_type: 'task_v2', label: 'plan', prompt: 'Find the cheapest nut.' };

test('needs the agent and leaves the reason as its output', async () => {
  const outcome = await runOneBlock({ ...planner, url: 'https://shop.test' });
  const reason =
    'task_v2 blocks need the AI agent, which this version of Lapwing does not have yet.';
  expect(outcome).toMatchObject({
    status: 'failed',
    failureReason: reason,
    output: { failure_reason: reason },
  });
});
