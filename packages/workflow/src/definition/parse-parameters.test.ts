import { describe, expect, it } from 'vitest';
import {
  accept,
  define,
  expectProblem,
  type Json,
  loop,
  refuse,
  text,
  wait,
} from './testing/documents.ts';

describe('parameters', () => {
  it.each(['', 'two words', '1st', 'a-b', '__proto__'])('refuse the key %j', (key) => {
    expectProblem(define({ parameters: [text(key)] }), 'parameters.0.key', 'parameter key');
  });

  it('refuse a key that is declared twice', () => {
    const parameters = [text('a'), text('a')];
    expectProblem(define({ parameters }), 'parameters.1.key', 'more than once');
  });

  it.each(['current_value', 'workflow_id'])('refuse the reserved key %s', (key) => {
    expectProblem(define({ parameters: [text(key)] }), 'parameters.0.key', 'is reserved');
  });

  it('refuse the key of the output of a block, wherever the block is', () => {
    const definition = { parameters: [text('a_output')], blocks: [loop('each', [wait('a')])] };
    expectProblem(define(definition), 'parameters.0.key', "reserved for the output of block 'a'");
  });

  it('cannot be outputs', () => {
    const parameters = [{ parameter_type: 'output', key: 'a' }];
    expectProblem(define({ parameters }), 'parameters.0.parameter_type', 'cannot be declared');
  });

  it('of an unknown kind are refused with the kinds that exist', () => {
    const parameters = [{ parameter_type: 'azure_secret', key: 'a' }];
    expectProblem(define({ parameters }), 'parameters.0', /'azure_secret'.*'workflow', 'context'/);
  });

  it('may take their value from another parameter or from an output', () => {
    const parameters = [
      { parameter_type: 'context', key: 'b', source_parameter_key: 'a' },
      text('a'),
      { parameter_type: 'context', key: 'c', source_parameter_key: 'w_output' },
    ];
    accept(define({ parameters, blocks: [wait('w')] }));
  });

  it('refuse an unknown source and sources in a circle', () => {
    const context = (key: string, source: string) => ({
      parameter_type: 'context',
      key,
      source_parameter_key: source,
    });
    const place = 'parameters.0.source_parameter_key';
    expectProblem(define({ parameters: [context('a', 'x')] }), place, "'x', which is no parameter");
    expectProblem(define({ parameters: [context('a', 'a')] }), place, 'circle');
  });

  it('that are named but not declared are listed for each block', () => {
    const code = (label: string, keys: string[]) => ({
      block_type: 'code',
      label,
      code: 'return 1',
      parameter_keys: keys,
    });
    const blocks = [code('a', ['x', 'known', 'y']), code('b', ['z', 'a_output'])];
    const { issues } = refuse(define({ parameters: [text('known')], blocks }));
    expect(issues.map(({ msg }) => msg)).toEqual([
      expect.stringContaining("block 'a' names undefined parameters: 'x', 'y';"),
      expect.stringContaining("block 'b' names undefined parameters: 'z';"),
    ]);
  });

  it('convert their default, or are refused with 400', () => {
    const parameter = { ...text('n'), workflow_parameter_type: 'integer' };
    const good = accept(define({ parameters: [{ ...parameter, default_value: '12' }] }));
    expect(good.workflow_definition.parameters[0]).toMatchObject({ default_value: 12 });
    const bad = define({ parameters: [{ ...parameter, default_value: '3.5' }] });
    expectProblem(bad, 'parameters.0.default_value', 'parameter type: integer. Value: 3.5.', 400);
  });
});

describe('credential parameters', () => {
  const credential = (more: Json) =>
    define({
      parameters: [{ parameter_type: 'credential', key: 'c', credential_id: 'cred_1', ...more }],
    });

  it('of every kind are accepted', () => {
    const access = {
      bitwarden_client_id_aws_secret_key: 'a',
      bitwarden_client_secret_aws_secret_key: 'b',
      bitwarden_master_password_aws_secret_key: 'c',
    };
    const item = { bitwarden_collection_id: 'c', bitwarden_item_id: 'i' };
    const identity = { bitwarden_identity_key: 'k', bitwarden_identity_fields: ['f'] };
    const parameters = [
      { parameter_type: 'credential', credential_id: 'cred_1' },
      { parameter_type: 'aws_secret', aws_key: 'a' },
      { parameter_type: 'bitwarden_login_credential', ...access, bitwarden_item_id: 'i' },
      {
        parameter_type: 'bitwarden_sensitive_information',
        ...access,
        bitwarden_collection_id: 'c',
        ...identity,
      },
      { parameter_type: 'bitwarden_credit_card_data', ...access, ...item },
      { parameter_type: 'onepassword', vault_id: 'v', item_id: 'i' },
      {
        parameter_type: 'azure_vault_credential',
        vault_name: 'v',
        username_key: 'u',
        password_key: 'p',
      },
    ].map((parameter, index) => ({ ...parameter, key: `p${index}` }));
    const { workflow_definition: definition } = accept(define({ parameters }));
    expect(definition.parameters).toMatchObject(parameters);
  });

  it.each<[string, Json, string]>([
    ['an empty list to rotate', { credential_ids: [] }, 'credential_ids'],
    [
      'an unknown strategy',
      { credential_ids: ['a'], selection_strategy: 'best' },
      'selection_strategy',
    ],
    [
      'rotation with a fallback',
      { credential_ids: ['a'], fallback_credential_ids: ['b'] },
      'fallback_credential_ids',
    ],
    [
      'an unknown trigger',
      { fallback_credential_ids: ['b'], fallback_trigger: 'rain' },
      'fallback_trigger',
    ],
    ['a trigger without a fallback', { fallback_trigger: 'any_failure' }, 'fallback_trigger'],
  ])('refuse %s with 400', (_, fields, field) => {
    expectProblem(credential(fields), `parameters.0.${field}`, field, 400);
  });

  it.each<[Json, string]>([
    [{}, 'bitwarden_item_id'],
    [{ bitwarden_collection_id: 'c' }, 'url_parameter_key'],
  ])('of Bitwarden must say which item: %j', (fields, field) => {
    const parameter = {
      parameter_type: 'bitwarden_login_credential',
      key: 'b',
      bitwarden_client_id_aws_secret_key: 'a',
      bitwarden_client_secret_aws_secret_key: 'b',
      bitwarden_master_password_aws_secret_key: 'c',
      ...fields,
    };
    expectProblem(define({ parameters: [parameter] }), `parameters.0.${field}`, field, 400);
  });

  it('are answered with 422 when something else calls for it', () => {
    const document = credential({ credential_ids: [] }) as { title?: unknown };
    delete document.title;
    const { status, issues } = refuse(document);
    expect(status).toBe(422);
    expect(issues).toHaveLength(2);
  });
});
