import { describe, expect, it } from 'vitest';
import { expandDefinition } from '../definition/expand.ts';
import { accept, define, type Json, wait } from '../definition/testing/documents.ts';
import { resolveRunParameters } from './resolve.ts';

const declare = (key: string, type: string, fallback: unknown = null): Json => ({
  parameter_type: 'workflow',
  workflow_parameter_type: type,
  key,
  default_value: fallback,
});

function resolve(parameters: Json[], given: Json) {
  const request = accept(define({ parameters, blocks: [wait('w')] }));
  const definition = expandDefinition(request.workflow_definition, {
    workflowId: 'w_1',
    now: 'now',
    newId: (prefix) => prefix,
    newUuid: () => 'uuid',
  });
  return resolveRunParameters(definition, given);
}

function problems(parameters: Json[], given: Json): string[] {
  const resolved = resolve(parameters, given);
  return resolved.ok ? [] : resolved.problems.map(({ key, problem }) => `${key}: ${problem}`);
}

const missing = 'A value is missing and there is no default.';

describe('values of a run', () => {
  it('are converted to their types', () => {
    const parameters = [declare('n', 'integer'), declare('s', 'string'), declare('j', 'json')];
    expect(resolve(parameters, { n: '7', s: 1, j: '[1]', unknown: 1 })).toEqual({
      ok: true,
      values: { n: 7, s: '1', j: [1] },
    });
  });

  it('are the defaults where none is given, or null', () => {
    const parameters = [declare('a', 'integer', '5'), declare('b', 'string', 'x')];
    expect(resolve(parameters, { a: null })).toEqual({ ok: true, values: { a: 5, b: 'x' } });
  });

  it('may be an empty text for a string only', () => {
    expect(resolve([declare('a', 'string')], { a: '' })).toEqual({ ok: true, values: { a: '' } });
  });

  it.each<[string, unknown]>([
    ['json', ''],
    ['boolean', '  '],
    ['integer', ''],
    ['float', ''],
    ['file_url', ''],
    ['file_url', {}],
    ['file_url', { s3uri: '' }],
    ['string', null],
    ['string', undefined],
  ])('are missing for a %s when it is %j', (type, value) => {
    expect(problems([declare('a', type)], { a: value })).toEqual([`a: ${missing}`]);
  });

  it('count as missing when blank even if there is a default', () => {
    expect(problems([declare('a', 'integer', 1)], { a: '' })).toEqual([`a: ${missing}`]);
  });

  it('do not come from the prototype of the request', () => {
    const parameters = [declare('constructor', 'string'), declare('toString', 'string', 'x')];
    expect(problems(parameters, {})).toEqual([`constructor: ${missing}`]);
  });
});

describe('credential ids', () => {
  const credential = declare('login_credential', 'credential_id');

  it('may be left out, null or blank when there is no default', () => {
    for (const given of [{}, { login_credential: null }, { login_credential: ' ' }]) {
      expect(resolve([credential], given)).toEqual({
        ok: true,
        values: { login_credential: null },
      });
    }
  });

  it('are missing when blank and there is a default', () => {
    const parameters = [declare('c', 'credential_id', 'cred_1')];
    expect(resolve(parameters, { c: null })).toMatchObject({ values: { c: 'cred_1' } });
    expect(problems(parameters, { c: '' })).toEqual([`c: ${missing}`]);
  });

  it('must be texts', () => {
    expect(problems([credential], { login_credential: 7 })[0]).toContain(
      'Invalid credential ID: 7.',
    );
  });

  it.each(['loginCredential', 'login_credentials', 'Login-Credential', 'logn_credential'])(
    'are not taken for left out when %s was sent',
    (name) => {
      expect(problems([credential], { [name]: 'cred_1' })[0]).toContain(
        `Unknown parameter '${name}' looks like 'login_credential'`,
      );
    },
  );

  it('are taken for left out when other unknown keys were sent', () => {
    expect(resolve([credential], { login: 1, credential: 2, x: 3 }).ok).toBe(true);
  });
});

it('lists every problem, missing values first', () => {
  const parameters = [declare('z', 'string'), declare('n', 'integer'), declare('a', 'json')];
  const resolved = resolve(parameters, { n: 'x' });
  expect(resolved).toMatchObject({
    ok: false,
    problems: [{ key: 'a' }, { key: 'z' }, { key: 'n' }],
    message:
      'Missing value for parameter a, z. Parameter n: Invalid workflow parameter. Expected parameter type: integer. Value: x.',
  });
});

it('gives context parameters the value of their first source', () => {
  const context = (key: string, source: string) => ({
    parameter_type: 'context',
    key,
    source_parameter_key: source,
  });
  const parameters = [
    context('c', 'b'),
    context('b', 'a'),
    declare('a', 'integer'),
    context('later', 'w_output'),
  ];
  expect(resolve(parameters, { a: 3, c: 9 })).toEqual({ ok: true, values: { a: 3, b: 3, c: 3 } });
});
