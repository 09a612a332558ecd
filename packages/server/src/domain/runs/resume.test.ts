import type { StoredDefinition } from '@lapwing/workflow';
import { expect, it } from 'vitest';
import { doubtfulBlocks } from './resume.ts';

const block = (label: string, blockType: string, status: string) => ({
  blockId: `wrb_${label}`,
  label,
  blockType,
  status,
});
const post = { block_type: 'http_request', method: 'POST', url: 'https://a.test' };
const definition = {
  blocks: [
    { ...post, label: 'pay' },
    { ...post, label: 'tell', retry_on_interruption: true },
    { block_type: 'goto_url', label: 'open', url: 'https://a.test' },
    { block_type: 'code', label: 'click', code: 'await page.click("#order")' },
    {
      block_type: 'for_loop',
      label: 'all',
      loop_blocks: [{ block_type: 'http_request', label: 'look', url: '{{ current_value }}' }],
    },
  ],
} as unknown as StoredDefinition;

it('fails a block that was cut off and acts outside, saying which and why', () => {
  expect(doubtfulBlocks([block('pay', 'http_request', 'running')], definition)).toEqual([
    {
      blockId: 'wrb_pay',
      reason: expect.stringMatching(/block pay \(http_request\) ran: .* may or may not/),
    },
  ]);
  expect(doubtfulBlocks([block('click', 'code', 'running')], definition)).toHaveLength(1);
});

it('repeats what does no harm, wherever it stands, and what the workflow allows to be repeated', () => {
  const blocks = [
    block('all', 'for_loop', 'running'),
    block('look', 'http_request', 'running'),
    block('open', 'goto_url', 'running'),
    block('tell', 'http_request', 'running'),
  ];
  expect(doubtfulBlocks(blocks, definition)).toEqual([]);
});

it('has no doubt about what has finished', () => {
  const blocks = [block('pay', 'http_request', 'completed'), block('click', 'code', 'failed')];
  expect(doubtfulBlocks(blocks, definition)).toEqual([]);
});

it('does not repeat a block that its workflow does not have', () => {
  expect(doubtfulBlocks([block('other', 'wait', 'running')], definition)).toHaveLength(1);
});
