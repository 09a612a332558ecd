import { expect, test } from 'vitest';
import { fakeBrowser } from '../testing/capabilities.ts';
import { runBlocks, runOneBlock } from '../testing/run.ts';
import { expectNeedsAgent } from './task/testing/needs-agent.ts';

const task = { block_type: 'task', label: 'work' };

test.each([
  { navigation_goal: 'Order a nut.' },
  { data_extraction_goal: 'Extract the price.' },
  { complete_criterion: 'The cart is empty.' },
  { terminate_criterion: 'The shop is closed.' },
])('needs the agent for %j and opens no page', async (goal) => {
  const outcome = await expectNeedsAgent({ ...task, url: 'https://shop.test', ...goal });
  expect(outcome?.details).toMatchObject({ task_id: 'tsk_1', url: 'https://shop.test', ...goal });
});

test('with nothing to do it opens its page and is completed', async () => {
  const outcome = await runOneBlock(
    { ...task, url: '{{ host }}/cart', navigation_goal: '' },
    {
      parameters: { host: 'shop.test' },
    },
  );
  expect(outcome).toMatchObject({
    status: 'completed',
    output: {
      task_id: 'tsk_1',
      status: 'completed',
      extracted_information: null,
      task_screenshot_artifact_ids: ['a_shot_1'],
    },
    details: { url: 'https://shop.test/cart', final_url: 'https://shop.test/cart' },
  });
});

test('its url may be the key of a parameter', async () => {
  const outcome = await runOneBlock(
    { ...task, url: 'start' },
    {
      parameters: { start: 'https://start.test/' },
    },
  );
  expect(outcome.details.final_url).toBe('https://start.test/');
});

test.each([null, '', '{{ nothing }}'])(
  'with url %j it goes on where the browser is',
  async (url) => {
    const first = { block_type: 'goto_url', label: 'open', url: 'https://shop.test/' };
    const { journal } = await runBlocks([first, { ...task, url }]);
    expect(journal.outcome('work')?.details).toMatchObject({
      url: null,
      final_url: 'https://shop.test/',
    });
  },
);

test('without an address and without a page it fails', async () => {
  const outcome = await runOneBlock(task, { capabilities: { browser: fakeBrowser() } });
  expect(outcome.status).toBe('failed');
  expect(outcome.failureReason).toMatch(/^block 'work' has no starting URL set\. /);
});

test('a template that cannot be rendered is recorded with its reason', async () => {
  const outcome = await runOneBlock({ ...task, navigation_goal: '{{ missing.field }}' });
  expect(outcome.failureReason).toMatch(/^Failed to format jinja template: /);
  expect(outcome.output).toEqual({ failure_reason: outcome.failureReason });
});
