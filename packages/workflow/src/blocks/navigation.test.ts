import { expect, test } from 'vitest';
import { expectNeedsAgent } from './task/testing/needs-agent.ts';

const navigation = { block_type: 'navigation', label: 'open_cart' };

test('needs the agent and does not open its url before', async () => {
  const block = { ...navigation, url: 'https://shop.test', navigation_goal: 'Open {{ what }}.' };
  const outcome = await expectNeedsAgent(block, { parameters: { what: 'the cart' } });
  expect(outcome?.details).toMatchObject({
    engine: 'skyvern-1.0',
    navigation_goal: 'Open the cart.',
  });
});
