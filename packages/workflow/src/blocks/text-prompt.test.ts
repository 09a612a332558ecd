import { expect, test } from 'vitest';
import { runOneBlock } from '../testing/run.ts';

const prompt = { block_type: 'text_prompt', label: 'ask', prompt: 'What is {{ what }}?' };

test('needs the agent and leaves no output', async () => {
  const outcome = await runOneBlock(prompt);
  expect(outcome).toMatchObject({
    status: 'failed',
    failureReason:
      'text_prompt blocks need the AI agent, which this version of Lapwing does not have yet.',
  });
  expect(outcome.output).toBeUndefined();
});
