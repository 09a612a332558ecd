import type { JsonObject, JsonValue } from '../json.ts';

/** An output parameter: made by the server, one for each block, key `{label}_output` (blocks.md §2.1). */
export interface OutputParameter {
  readonly parameter_type: 'output';
  readonly key: string;
  readonly description: string | null;
  readonly output_parameter_id: string;
  readonly workflow_id: string;
  readonly created_at: string;
  readonly modified_at: string;
  readonly deleted_at: null;
}

/** A declared parameter as it is stored and returned: with its id and times. */
export interface StoredParameter {
  readonly parameter_type: string;
  readonly key: string;
  readonly description: string | null;
  readonly [field: string]: JsonValue;
}

export interface StoredBranch {
  readonly id: string;
  readonly criteria: {
    readonly criteria_type: 'jinja2_template' | 'prompt';
    readonly expression: string;
    readonly description: string | null;
  } | null;
  readonly next_block_label: string | null;
  readonly description: string | null;
  readonly is_default: boolean;
}

/** A block in the expanded form of responses (blocks.md §1.2): no `parameter_keys`, own `output_parameter`. */
export interface StoredBlock {
  readonly block_type: string;
  readonly label: string;
  readonly next_block_label: string | null;
  readonly continue_on_failure: boolean;
  readonly next_loop_on_failure: boolean;
  readonly model: JsonObject | null;
  readonly ignore_workflow_system_prompt: boolean;
  /** Run again when it was cut off, whatever it may have done outside by then. Absent: false. */
  readonly retry_on_interruption?: boolean;
  readonly output_parameter: OutputParameter;
  /** The parameters that the request named in `parameter_keys`, whole. */
  readonly parameters: readonly (StoredParameter | OutputParameter)[];
  /** Bodies of `for_loop` and `while_loop`. */
  readonly loop_blocks?: readonly StoredBlock[];
  /** Branches of `conditional`. */
  readonly branch_conditions?: readonly StoredBranch[];
  readonly [field: string]: unknown;
}

/** `workflow_definition` as stored and returned. */
export interface StoredDefinition {
  /** 1: list order. 2: label graph. */
  readonly version: number;
  readonly parameters: readonly (StoredParameter | OutputParameter)[];
  readonly blocks: readonly StoredBlock[];
  readonly finally_block_label: string | null;
  readonly error_code_mapping: Readonly<Record<string, string>> | null;
  readonly workflow_system_prompt: string | null;
  readonly completion_contract: JsonObject | null;
}
