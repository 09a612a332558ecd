import { expect, test } from 'vitest';
import { LoopOutput } from './loop-output.ts';

test('an output that grows too large keeps its last iteration and says so', () => {
  const output = new LoopOutput(60);
  for (const value of ['a', 'b', 'c']) {
    output.begin();
    output.add({ value: value.repeat(20) });
  }
  expect(output.value()).toEqual([
    [
      {
        output_value: {
          truncated: true,
          reason: 'loop_output_size_exceeded',
          iterations_summarized_through: 2,
        },
      },
    ],
    [{ value: 'c'.repeat(20) }],
  ]);
});

test('what was handed out does not grow', () => {
  const output = new LoopOutput();
  output.begin();
  const before = output.value();
  output.begin();
  expect(before).toEqual([[]]);
  expect(output.value()).toEqual([[], []]);
});
