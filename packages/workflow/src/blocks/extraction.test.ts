import { expect, test } from 'vitest';
import { expectNeedsAgent } from './task/testing/needs-agent.ts';

const extraction = { block_type: 'extraction', label: 'read_rows' };

test('needs the agent and does not open its url before', async () => {
  const data_schema = { type: 'object', description: '{{ left as it is }}' };
  const block = {
    ...extraction,
    url: 'https://shop.test',
    data_extraction_goal: 'Rows',
    data_schema,
  };
  const outcome = await expectNeedsAgent(block);
  expect(outcome?.details).toMatchObject({ data_extraction_goal: 'Rows', data_schema });
});

test('a schema that is a text is a template', async () => {
  const block = {
    ...extraction,
    data_extraction_goal: 'Rows',
    data_schema: 'A list of {{ what }}',
  };
  const outcome = await expectNeedsAgent(block, { parameters: { what: 'nuts' } });
  expect(outcome?.details.data_schema).toBe('A list of nuts');
});
