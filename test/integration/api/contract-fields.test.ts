import { readFileSync } from 'node:fs';
import { openApiDocument, type Route, routes } from '@lapwing/protocol';
import { blockTypes } from '@lapwing/workflow';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Lapwing, startLapwing } from '../../support/lapwing.ts';
import {
  absentFields,
  misfits,
  named,
  reference,
  resolved,
  type Schema,
  shapeOf,
} from '../../support/reference.ts';

let lapwing: Lapwing;
beforeAll(async () => {
  lapwing = await startLapwing();
});
afterAll(() => lapwing.close());

const isObject = (value: unknown): value is Schema => typeof value === 'object' && value !== null;

/** Names of the fields of a schema, in whichever of its forms. */
function fieldsOf(schema: Schema, resolve: (schema: Schema) => Schema): string[] {
  const known = resolve(schema);
  const forms = ['anyOf', 'oneOf', 'allOf'].flatMap((key) => (known[key] ?? []) as Schema[]);
  return [
    ...Object.keys(isObject(known.properties) ? known.properties : {}),
    ...forms.flatMap((form) => fieldsOf(form, resolve)),
  ];
}

interface OurOperation {
  readonly operationId: string;
  readonly parameters: readonly { readonly in: string; readonly name: string }[];
  readonly requestBody?: {
    readonly content: Readonly<Record<string, { readonly schema: Schema }>>;
  };
}

const document = openApiDocument('1.0.0') as {
  readonly paths: Readonly<Record<string, Readonly<Record<string, OurOperation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> };
};
const ours = new Map(
  Object.values(document.paths)
    .flatMap((verbs) => Object.values(verbs))
    .map((operation) => [operation.operationId, operation]),
);
const resolveOurs = (schema: Schema): Schema =>
  typeof schema.$ref === 'string'
    ? (document.components.schemas[schema.$ref.replace('#/components/schemas/', '')] ?? {})
    : schema;

/** Published operations that are served, each with ours. */
const pairs = Object.entries<Route>(routes).flatMap(([id, route]) =>
  [route, ...route.twins].flatMap((twin) => {
    const theirs = reference.operations.find((one) => shapeOf(one) === shapeOf(twin));
    return theirs === undefined
      ? []
      : [{ theirs, ours: ours.get(id), title: `${twin.method} ${twin.path}` }];
  }),
);

describe('a request of the reference', () => {
  it.each(pairs)('has no field that is not known: $title', ({ theirs, ours }) => {
    const names = (place: string) =>
      (ours?.parameters ?? [])
        .filter((one) => one.in === place)
        .map(({ name }) => name.toLowerCase());
    const lower = (words: readonly string[]) => words.map((word) => word.toLowerCase());
    expect(names('query')).toEqual(expect.arrayContaining(lower(Object.keys(theirs.query ?? {}))));
    expect(names('header')).toEqual(expect.arrayContaining(lower(theirs.headers ?? [])));
    if (theirs.body === undefined) return;
    const schema = Object.values(ours?.requestBody?.content ?? {})[0]?.schema ?? {};
    expect(fieldsOf(schema, resolveOurs)).toEqual(
      expect.arrayContaining(fieldsOf(theirs.body.schema, resolved)),
    );
  });
});

const examples = new URL('../../../packages/workflow/src/examples/', import.meta.url);
const exampleOf = (type: string) =>
  readFileSync(new URL(`${type.replaceAll('_', '-')}.yaml`, examples), 'utf8');
const types = blockTypes.map((block) => ({ type: block.type, params: block.params }));

/** Fields that every block has; the definition adds them. */
const commonFields = [
  'block_type',
  'label',
  'next_block_label',
  'continue_on_failure',
  'next_loop_on_failure',
  'model',
  'ignore_workflow_system_prompt',
  'parameter_keys',
  'loop_blocks',
];

const requestSchemas = new Map(
  Object.entries(reference.$defs).flatMap(([name, schema]) => {
    const properties = (schema.properties ?? {}) as Readonly<Record<string, Schema>>;
    const type = properties.block_type?.const;
    return name.endsWith('BlockYAML') ? [[String(type), Object.keys(properties)] as const] : [];
  }),
);

const workflow = named('Workflow');

describe('block types', () => {
  it('are those of the reference', () => {
    expect(types.map(({ type }) => type).sort()).toEqual([...requestSchemas.keys()].sort());
    const list = reference.$defs.BlockType?.enum as string[];
    expect(types.map(({ type }) => type).sort()).toEqual([...list].sort());
  });

  it.each(types)('$type has every field of the reference', ({ type, params }) => {
    expect([...commonFields, ...Object.keys(params.shape)]).toEqual(
      expect.arrayContaining(requestSchemas.get(type) ?? ['(unknown)']),
    );
  });

  it.each(types)('$type is returned in the shape of the reference', async ({ type }) => {
    const body = { yaml_definition: exampleOf(type) };
    const answer = await lapwing.request('POST', '/v1/agents', body);
    expect(answer.status, JSON.stringify(answer.body)).toBe(200);
    expect(JSON.stringify(answer.body)).toContain(`"block_type":"${type}"`);
    expect(misfits(workflow, answer.body)).toEqual([]);
    expect(absentFields(workflow, answer.body)).toEqual([]);
  });
});

const bitwarden = {
  bitwarden_client_id_aws_secret_key: 'id',
  bitwarden_client_secret_aws_secret_key: 'secret',
  bitwarden_master_password_aws_secret_key: 'master',
};
const parameters = [
  ...['string', 'integer', 'float', 'boolean', 'json', 'file_url', 'credential_id'].map((type) => ({
    parameter_type: 'workflow',
    workflow_parameter_type: type,
    key: `a_${type}`,
  })),
  { parameter_type: 'context', key: 'from_json', source_parameter_key: 'a_json' },
  { parameter_type: 'aws_secret', key: 'an_aws_secret', aws_key: 'KEY' },
  {
    parameter_type: 'bitwarden_login_credential',
    key: 'a_login',
    ...bitwarden,
    bitwarden_collection_id: 'collection',
    bitwarden_item_id: 'item',
  },
  {
    parameter_type: 'bitwarden_sensitive_information',
    key: 'an_identity',
    ...bitwarden,
    bitwarden_collection_id: 'collection',
    bitwarden_identity_key: 'passport',
    bitwarden_identity_fields: ['number'],
  },
  {
    parameter_type: 'bitwarden_credit_card_data',
    key: 'a_card',
    ...bitwarden,
    bitwarden_collection_id: 'collection',
    bitwarden_item_id: 'item',
  },
  { parameter_type: 'onepassword', key: 'a_1password', vault_id: 'vault', item_id: 'item' },
  {
    parameter_type: 'azure_vault_credential',
    key: 'an_azure_login',
    vault_name: 'vault',
    username_key: 'user',
    password_key: 'password',
  },
];

async function stored(definition: object) {
  const body = { json_definition: { title: 'T', workflow_definition: definition } };
  const { body: saved } = await lapwing.request('POST', '/v1/agents', body);
  const { body: read } = await lapwing.request('GET', `/v1/agents/${saved.workflow_permanent_id}`);
  expect(misfits(workflow, read)).toEqual([]);
  expect(absentFields(workflow, read)).toEqual([]);
  return read.workflow_definition;
}

describe('a definition', () => {
  it('returns every kind of parameter in the shape of the reference', async () => {
    const blocks = [{ block_type: 'wait', label: 'pause', wait_sec: 1 }];
    const definition = await stored({ parameters, blocks });
    const known = definition.parameters.map((one: { key: string }) => one.key);
    expect(known).toEqual(expect.arrayContaining(parameters.map(({ key }) => key)));
    for (const { parameter_type: _, source_parameter_key: __, ...sent } of parameters as {
      parameter_type: string;
      source_parameter_key?: string;
    }[])
      expect(definition.parameters).toContainEqual(expect.objectContaining(sent));
  });

  it('keeps what only the agent will act on', async () => {
    const schema = { type: 'object', properties: { city: { type: 'string' } } };
    const codes = { NO_RESULT: 'nothing was found' };
    const definition = await stored({
      parameters: [],
      workflow_system_prompt: 'Be brief in {{ workflow_title }}.',
      error_code_mapping: { CLOSED: 'the shop is closed' },
      blocks: [
        {
          block_type: 'navigation',
          label: 'go',
          url: 'https://shop.example',
          navigation_goal: 'Open the cart.',
          max_retries: 3,
          max_steps_per_run: 7,
          error_code_mapping: codes,
          ignore_workflow_system_prompt: true,
          model: { model_name: 'some-model' },
        },
        { block_type: 'text_prompt', label: 'ask', prompt: 'Which city?', json_schema: schema },
      ],
    });
    expect(definition).toMatchObject({
      workflow_system_prompt: 'Be brief in {{ workflow_title }}.',
      error_code_mapping: { CLOSED: 'the shop is closed' },
      blocks: [
        {
          max_retries: 3,
          max_steps_per_run: 7,
          error_code_mapping: codes,
          ignore_workflow_system_prompt: true,
          model: { model_name: 'some-model' },
        },
        { prompt: 'Which city?', json_schema: schema },
      ],
    });
  });
});

describe('the comparison with the reference', () => {
  it('sees a missing field, a wrong type and a field that is left out though it may be', () => {
    const folder = {
      folder_id: 'fld_1',
      organization_id: 'o_1',
      title: 'T',
      description: null,
      workflow_count: 0,
      created_at: '2026-01-01T00:00:00',
      modified_at: '2026-01-01T00:00:00',
    };
    expect(misfits(named('Folder'), folder)).toEqual([]);
    expect(misfits(named('Folder'), { ...folder, title: 1 })).toEqual(['/title must be string']);
    const { title: _, ...untitled } = folder;
    expect(misfits(named('Folder'), untitled)).toEqual([" must have required property 'title'"]);
    const { workflow_count: __, ...uncounted } = folder;
    expect(absentFields({ items: named('Folder') }, [uncounted])).toEqual(['[].workflow_count']);
  });
});
