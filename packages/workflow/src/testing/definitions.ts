import type {
  OutputParameter,
  StoredBlock,
  StoredDefinition,
  StoredParameter,
} from '../definition/stored.ts';

/** A block as tests write it: its type, its label and what differs from the defaults. */
export type BlockFields = Readonly<Record<string, unknown>> & {
  readonly block_type: string;
  readonly label: string;
  /** Keys of workflow parameters or of outputs, as a request names them. */
  readonly parameter_keys?: readonly string[];
  readonly loop_blocks?: readonly BlockFields[];
};

const time = '2025-01-01T00:00:00';

/** A block in its stored form. */
export function storedBlock(fields: BlockFields): StoredBlock {
  const { parameter_keys = [], loop_blocks, ...rest } = fields;
  return {
    next_block_label: null,
    continue_on_failure: false,
    next_loop_on_failure: false,
    model: null,
    ignore_workflow_system_prompt: false,
    output_parameter: outputParameter(fields.label),
    parameters: parameter_keys.map(workflowParameter),
    ...(loop_blocks === undefined ? {} : { loop_blocks: loop_blocks.map(storedBlock) }),
    ...rest,
  };
}

/** A definition in its stored form: version 1 unless told otherwise. */
export function storedDefinition(
  blocks: readonly BlockFields[],
  fields: Partial<StoredDefinition> = {},
): StoredDefinition {
  return {
    version: 1,
    parameters: [],
    blocks: blocks.map(storedBlock),
    finally_block_label: null,
    error_code_mapping: null,
    workflow_system_prompt: null,
    completion_contract: null,
    ...fields,
  };
}

function outputParameter(label: string): OutputParameter {
  return {
    parameter_type: 'output',
    key: `${label}_output`,
    description: null,
    output_parameter_id: `op_${label}`,
    workflow_id: 'w_1',
    created_at: time,
    modified_at: time,
    deleted_at: null,
  };
}

function workflowParameter(key: string): StoredParameter {
  return {
    parameter_type: 'workflow',
    key,
    description: null,
    workflow_parameter_id: `wp_${key}`,
    workflow_parameter_type: 'string',
    default_value: null,
  };
}
