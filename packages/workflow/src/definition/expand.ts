import { blockTypeByName } from '../blocks/registry.ts';
import type { JsonObject, JsonValue } from '../json.ts';
import { shownParameters } from './named-parameters.ts';
import { outputKey } from './names.ts';
import { parameterKinds } from './parameter-kinds.ts';
import type { DeclaredParameter, RequestBlock, RequestDefinition } from './request.ts';
import type {
  OutputParameter,
  StoredBlock,
  StoredBranch,
  StoredDefinition,
  StoredParameter,
} from './stored.ts';

/** Where the ids and times of a stored definition come from. */
export interface ExpansionEnvironment {
  /** The version that is being stored: `w_…`. */
  readonly workflowId: string;
  /** Time of the save as the wire writes it. */
  readonly now: string;
  /** A new id with this prefix, given without its underscore (`wp`). */
  newId(prefix: string): string;
  newUuid(): string;
}

type AnyParameter = StoredParameter | OutputParameter;

/**
 * The form that a definition is stored and answered in: parameters with ids, an output parameter for every block, the
 * parameters that a block names in full in place of its `parameter_keys`. All else that the request said stays, so that
 * a stored block is still readable by its type's `params`.
 * @param definition One that `parseWorkflowRequest` accepted.
 */
export function expandDefinition(
  definition: RequestDefinition,
  environment: ExpansionEnvironment,
): StoredDefinition {
  const outputs = outputParameters(definition.blocks, environment);
  const declared = declaredParameters(definition.parameters, outputs, environment);
  const byKey = new Map<string, AnyParameter>([...outputs, ...declared]);
  const expansion: Expansion = {
    byKey,
    outputs,
    newUuid: () => environment.newUuid(),
    platformSecret(key, name) {
      const secret = { parameter_type: 'aws_secret', key, description: null, aws_key: name };
      return storedParameter(secret, environment);
    },
  };
  return {
    ...definition,
    parameters: [...declared.values(), ...outputs.values()],
    blocks: definition.blocks.map((block) => expandBlock(block, expansion)),
  };
}

interface Expansion {
  readonly byKey: ReadonlyMap<string, AnyParameter>;
  readonly outputs: ReadonlyMap<string, OutputParameter>;
  newUuid(): string;
  platformSecret(key: string, name: string): StoredParameter;
}

/** Output parameters by key, in the order of the blocks, each loop before what it contains. */
function outputParameters(
  blocks: readonly RequestBlock[],
  environment: ExpansionEnvironment,
): ReadonlyMap<string, OutputParameter> {
  const { workflowId, now } = environment;
  const outputs = new Map<string, OutputParameter>();
  const visit = (list: readonly RequestBlock[]) => {
    for (const { label, loop_blocks: inner = [] } of list) {
      outputs.set(outputKey(label), {
        parameter_type: 'output',
        key: outputKey(label),
        description: `Output parameter for block ${label}`,
        output_parameter_id: environment.newId('op'),
        workflow_id: workflowId,
        created_at: now,
        modified_at: now,
        deleted_at: null,
      });
      visit(inner);
    }
  };
  visit(blocks);
  return outputs;
}

function declaredParameters(
  parameters: readonly DeclaredParameter[],
  outputs: ReadonlyMap<string, OutputParameter>,
  environment: ExpansionEnvironment,
): ReadonlyMap<string, StoredParameter> {
  const declared = new Map(parameters.map((parameter) => [parameter.key, parameter]));
  const stored = new Map<string, StoredParameter>();
  const store = (parameter: DeclaredParameter): StoredParameter => {
    const before = stored.get(parameter.key);
    if (before !== undefined) {
      return before;
    }
    const made =
      parameter.parameter_type === 'context'
        ? contextParameter(parameter, sourceOf(parameter))
        : storedParameter(parameter, environment);
    stored.set(parameter.key, made);
    return made;
  };
  const sourceOf = (parameter: DeclaredParameter): AnyParameter | null => {
    const key = String(parameter.source_parameter_key);
    const source = declared.get(key);
    return source === undefined ? (outputs.get(key) ?? null) : store(source);
  };
  return new Map(parameters.map((parameter) => [parameter.key, store(parameter)]));
}

function storedParameter(
  parameter: DeclaredParameter,
  environment: ExpansionEnvironment,
): StoredParameter {
  const id = parameterKinds.get(parameter.parameter_type)?.id ?? null;
  return {
    ...parameter,
    ...(id === null ? {} : { [id.field]: environment.newId(id.prefix) }),
    workflow_id: environment.workflowId,
    created_at: environment.now,
    modified_at: environment.now,
    deleted_at: null,
  };
}

function contextParameter(
  parameter: DeclaredParameter,
  source: AnyParameter | null,
): StoredParameter {
  return { ...parameter, source: source as JsonValue, value: null };
}

function expandBlock(block: RequestBlock, expansion: Expansion): StoredBlock {
  const { parameter_keys: keys, loop_blocks: inner, ...rest } = block;
  const find = (key: string) => expansion.byKey.get(key);
  const [output] = [expansion.outputs.get(outputKey(block.label)) ?? []].flat();
  if (output === undefined) {
    throw new Error(`Block '${block.label}' has no output parameter.`);
  }
  return {
    disable_cache: false,
    ...blockTypeByName.get(block.block_type)?.stored,
    ...rest,
    output_parameter: output,
    parameters: [...new Set(keys ?? [])].flatMap((key) => find(key) ?? []),
    ...shownParameters(block, { find, platformSecret: expansion.platformSecret }),
    ...(inner === undefined
      ? {}
      : { loop_blocks: inner.map((child) => expandBlock(child, expansion)) }),
    ...(block.block_type === 'conditional'
      ? { branch_conditions: branches(block, expansion) }
      : {}),
  };
}

function branches(block: RequestBlock, expansion: Expansion): readonly StoredBranch[] {
  const given = (block.branch_conditions ?? []) as readonly JsonObject[];
  return given.map((branch) => ({
    id: expansion.newUuid(),
    criteria: criteriaOf(branch.criteria as JsonObject | null | undefined),
    next_block_label: (branch.next_block_label ?? null) as string | null,
    description: (branch.description ?? null) as string | null,
    is_default: branch.is_default === true,
  }));
}

function criteriaOf(criteria: JsonObject | null | undefined): StoredBranch['criteria'] {
  if (criteria === null || criteria === undefined) {
    return null;
  }
  return {
    criteria_type: criteria.criteria_type === 'prompt' ? 'prompt' : 'jinja2_template',
    expression: String(criteria.expression),
    description: (criteria.description ?? null) as string | null,
  };
}
