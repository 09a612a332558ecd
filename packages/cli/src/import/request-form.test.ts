import { expect, test } from 'vitest';
import { isStoredForm, requestForm } from './request-form.ts';

const parameter = (key: string) => ({
  parameter_type: 'workflow',
  workflow_parameter_type: 'json',
  key,
  workflow_parameter_id: 'wp_1',
  workflow_id: 'w_1',
  created_at: '2025-01-01T00:00:00',
  modified_at: '2025-01-01T00:00:00',
  deleted_at: null,
});
const output = { parameter_type: 'output', key: 'a_output', output_parameter_id: 'op_1' };
const secret = (key: string) => ({ parameter_type: 'aws_secret', key, aws_key: 'X' });

test('a workflow as a server answers it becomes one that a server takes', () => {
  const stored = {
    title: 'T',
    workflow_id: 'w_1',
    workflow_permanent_id: 'wpid_1',
    version: 3,
    workflow_definition: {
      version: 1,
      parameters: [
        parameter('items'),
        { parameter_type: 'context', key: 'name', source: parameter('items'), value: null },
        secret('host'),
        output,
      ],
      blocks: [
        {
          block_type: 'for_loop',
          label: 'a',
          output_parameter: output,
          parameters: [parameter('items')],
          loop_over: parameter('items'),
          loop_blocks: [
            { block_type: 'wait', label: 'b', output_parameter: output, parameters: [] },
          ],
        },
        {
          block_type: 'send_email',
          label: 'c',
          output_parameter: output,
          parameters: [],
          smtp_host: secret('host'),
          smtp_port: secret('smtp_port'),
        },
        {
          block_type: 'conditional',
          label: 'd',
          output_parameter: output,
          branch_conditions: [{ id: 'uuid', is_default: true }],
        },
      ],
    },
  };
  expect(isStoredForm(stored)).toBe(true);
  expect(requestForm(stored)).toEqual({
    title: 'T',
    workflow_definition: {
      version: 1,
      parameters: [
        { parameter_type: 'workflow', workflow_parameter_type: 'json', key: 'items' },
        { parameter_type: 'context', key: 'name', source_parameter_key: 'items' },
        secret('host'),
      ],
      blocks: [
        {
          block_type: 'for_loop',
          label: 'a',
          parameter_keys: ['items'],
          loop_over_parameter_key: 'items',
          loop_blocks: [{ block_type: 'wait', label: 'b' }],
        },
        { block_type: 'send_email', label: 'c', smtp_host_secret_parameter_key: 'host' },
        { block_type: 'conditional', label: 'd', branch_conditions: [{ is_default: true }] },
      ],
    },
  });
});

test('a request is known as one', () => {
  const request = {
    title: 'T',
    workflow_definition: { parameters: [], blocks: [{ block_type: 'wait', label: 'a' }] },
  };
  expect(isStoredForm(request)).toBe(false);
});
