import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { parameterKinds } from './parameter-kinds.ts';
import { type Json, wait } from './testing/documents.ts';
import { store } from './testing/stored.ts';

/** Every property of every parameter that the reference returns (openapi.json, the schemas named …Parameter). */
const properties = JSON.parse(
  readFileSync(new URL('./fixtures/parameter-properties.json', import.meta.url), 'utf8'),
) as Readonly<Record<string, readonly string[]>>;

const access = {
  bitwarden_client_id_aws_secret_key: 'a',
  bitwarden_client_secret_aws_secret_key: 'b',
  bitwarden_master_password_aws_secret_key: 'c',
};

/** The least that a request says of a parameter of each kind, and the prefix of its id. */
const kinds: readonly (readonly [string, Json, string | null])[] = [
  ['workflow', { workflow_parameter_type: 'string' }, 'wp'],
  ['context', { source_parameter_key: 'w_output' }, null],
  ['credential', { credential_id: 'cred_1' }, 'cp'],
  ['aws_secret', { aws_key: 'SHOP' }, 'asp'],
  ['bitwarden_login_credential', { ...access, bitwarden_item_id: 'i' }, 'blc'],
  [
    'bitwarden_sensitive_information',
    {
      ...access,
      bitwarden_collection_id: 'c',
      bitwarden_identity_key: 'k',
      bitwarden_identity_fields: ['ssn'],
    },
    'bsi',
  ],
  [
    'bitwarden_credit_card_data',
    { ...access, bitwarden_collection_id: 'c', bitwarden_item_id: 'i' },
    'bccd',
  ],
  ['onepassword', { vault_id: 'v', item_id: 'i' }, 'opp'],
  ['azure_vault_credential', { vault_name: 'v', username_key: 'u', password_key: 'p' }, 'azcp'],
];

it('there is a case for every kind of parameter', () => {
  expect(kinds.map(([kind]) => kind)).toEqual([...parameterKinds.keys()]);
});

it.each(kinds)('%s has every property of the reference and an id', (kind, fields, prefix) => {
  const parameter = { parameter_type: kind, key: 'one', ...fields };
  const code = { block_type: 'code', label: 'c', code: 'return 1', parameter_keys: ['one'] };
  const { parameters, blocks } = store({ parameters: [parameter], blocks: [wait('w'), code] });
  const stored = parameters[0];
  const expected = properties[kind];
  expect(Object.keys(stored ?? {})).toEqual(expect.arrayContaining([...(expected ?? [])]));
  expect(stored).toMatchObject({ description: null, ...parameter });
  const ids = Object.entries(stored ?? {}).filter(([name]) => name.endsWith('_parameter_id'));
  expect(ids.map(([, id]) => String(id).split('_')[0])).toEqual(prefix === null ? [] : [prefix]);
  expect(blocks[1]?.parameters).toEqual([stored]);
});
