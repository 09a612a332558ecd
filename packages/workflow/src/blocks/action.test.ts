import { test } from 'vitest';
import { expectNeedsAgent } from './task/testing/needs-agent.ts';

const action = { block_type: 'action', label: 'click_next' };

test('needs the agent and does not open its url before', async () => {
  await expectNeedsAgent({ ...action, url: 'https://shop.test', navigation_goal: 'Click Next.' });
});
