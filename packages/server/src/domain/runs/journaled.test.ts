import type { StoredDefinition } from '@lapwing/workflow';
import { expect, it } from 'vitest';
import { journaledResult } from './journaled.ts';

const parameter = (label: string) => ({ output_parameter: { key: `${label}_output` } });
const definition = {
  blocks: [
    { label: 'each', ...parameter('each'), loop_blocks: [{ label: 'get', ...parameter('get') }] },
    { label: 'sum', ...parameter('sum') },
  ],
} as unknown as StoredDefinition;

const row = (label: string, blockType: string, value: unknown, second: number | null) => ({
  label,
  blockType,
  status: second === null ? 'running' : 'completed',
  output: value === undefined ? null : { value },
  errors: [],
  finishedAt: second === null ? null : new Date(second * 1000),
});

it('puts together what the blocks of a run recorded, the last record of each', () => {
  const blocks = [
    row('sum', 'code', { extracted_information: ['a'] }, 1),
    row('each', 'for_loop', [['first']], null),
    row('get', 'http_request', 1, 2),
    row('get', 'http_request', 2, 3),
    row('get', 'http_request', undefined, null),
  ];
  expect(journaledResult(blocks, definition)).toEqual({
    output: {
      sum_output: { extracted_information: ['a'] },
      get_output: 2,
      each_output: [['first']],
      extracted_information: ['a'],
    },
    errors: [],
    stepCount: 1,
  });
});

it('has no output when nothing was recorded', () => {
  expect(journaledResult([], definition).output).toBeNull();
});
