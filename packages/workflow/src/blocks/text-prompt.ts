import { z } from 'zod';
import { defineBlock } from './block.ts';
import { parameterKeys } from './fields/parameter-keys.ts';
import { agentMissing } from './task/agent-missing.ts';
import { llmKey } from './task/llm-key.ts';

/** `text_prompt`: asks a model, without a page (blocks.md §4.9). */
export const textPrompt = defineBlock({
  type: 'text_prompt',
  summary: 'Asks a model and returns its answer as JSON.',
  needs: [],
  effect: 'none',
  params: z.object({
    prompt: z.string().describe('The question.'),
    llm_key: llmKey,
    parameter_keys: parameterKeys,
    json_schema: z
      .record(z.string(), z.json())
      .nullable()
      .default(null)
      .describe('Shape of the answer; one string field, llm_response, unless given.'),
  }),
  rendered: { prompt: 'text', llm_key: 'text' },
  run: async () => ({ status: 'failed', failureReason: agentMissing('text_prompt') }),
});
