type Fields = Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

/** What a server adds to a workflow when it stores it. */
const serverFields = [
  'agent_id',
  'copilot_authored',
  'created_at',
  'created_by',
  'deleted_at',
  'edited_by',
  'import_error',
  'is_template',
  'modified_at',
  'organization_id',
  'version',
  'workflow_id',
  'workflow_permanent_id',
];
/** … to a parameter: its id is `<kind>_parameter_id`, except for those. */
const parameterFields = ['created_at', 'deleted_at', 'modified_at', 'workflow_id'];
/** … to a block. `disable_cache` and its like are defaults that a request may say too. */
const blockFields = ['output_parameter', 'parameters'];
/** Fields that show whole what a request names by its key. */
const shownParameters: Readonly<Record<string, string>> = {
  loop_over: 'loop_over_parameter_key',
  smtp_host: 'smtp_host_secret_parameter_key',
  smtp_port: 'smtp_port_secret_parameter_key',
  smtp_username: 'smtp_username_secret_parameter_key',
  smtp_password: 'smtp_password_secret_parameter_key',
};

function without(fields: Fields, names: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).filter(([name]) => !names.includes(name)));
}

/** Whether a workflow is in the form that servers answer, not in that of a request. */
export function isStoredForm(document: Fields): boolean {
  const definition = isObject(document.workflow_definition) ? document.workflow_definition : {};
  return (
    'workflow_permanent_id' in document ||
    listOf(definition.blocks).some((block) => isObject(block) && 'output_parameter' in block)
  );
}

/**
 * A workflow as a server answers it, in the form that a request has: named parameters by their keys, without the ids and
 * times that the server gave.
 */
export function requestForm(document: Fields): Fields {
  const definition = isObject(document.workflow_definition) ? document.workflow_definition : {};
  const parameters = listOf(definition.parameters)
    .filter(isObject)
    .filter((parameter) => parameter.parameter_type !== 'output');
  const declared = new Set(parameters.map((parameter) => parameter.key));
  return {
    ...without(document, serverFields),
    workflow_definition: {
      ...definition,
      parameters: parameters.map(requestParameter),
      blocks: listOf(definition.blocks)
        .filter(isObject)
        .map((block) => requestBlock(block, declared)),
    },
  };
}

function requestParameter(parameter: Fields): Fields {
  const id = Object.keys(parameter).filter((name) => name.endsWith('_parameter_id'));
  const { source, ...rest } = without(parameter, [...parameterFields, ...id]);
  if (parameter.parameter_type !== 'context')
    return without(parameter, [...parameterFields, ...id]);
  const { value: _, ...context } = rest;
  return { ...context, ...(isObject(source) ? { source_parameter_key: source.key } : {}) };
}

function requestBlock(block: Fields, declared: ReadonlySet<unknown>): Fields {
  const shown = Object.entries(shownParameters).filter(([name]) => isObject(block[name]));
  const named = shown.flatMap(([name, field]): [string, unknown][] => {
    const { key } = block[name] as Fields;
    // A secret of the platform is no parameter of the workflow.
    return declared.has(key) || name === 'loop_over' ? [[field, key]] : [];
  });
  const keys = listOf(block.parameters)
    .filter(isObject)
    .map(({ key }) => key);
  return {
    ...without(block, [...blockFields, ...Object.keys(shownParameters)]),
    ...Object.fromEntries(named),
    ...(keys.length > 0 ? { parameter_keys: keys } : {}),
    ...(Array.isArray(block.loop_blocks)
      ? {
          loop_blocks: block.loop_blocks.filter(isObject).map((one) => requestBlock(one, declared)),
        }
      : {}),
    ...(Array.isArray(block.branch_conditions)
      ? {
          branch_conditions: block.branch_conditions
            .filter(isObject)
            .map((one) => without(one, ['id'])),
        }
      : {}),
  };
}
