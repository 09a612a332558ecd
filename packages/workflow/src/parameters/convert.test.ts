import { describe, expect, it } from 'vitest';
import type { WorkflowParameterType } from '../definition/parameter-kinds.ts';
import type { JsonValue } from '../json.ts';
import { convertParameter } from './convert.ts';

describe('conversion of a parameter', () => {
  it.each<[WorkflowParameterType, JsonValue, JsonValue]>([
    ['string', 'a', 'a'],
    ['string', true, 'True'],
    ['string', 12, '12'],
    ['string', { a: [1, null] }, "{'a': [1, None]}"],
    ['integer', '12', 12],
    ['integer', ' -1_000 ', -1000],
    ['integer', 3.9, 3],
    ['integer', -3.9, -3],
    ['integer', -0.5, 0],
    ['integer', true, 1],
    ['float', '1.5', 1.5],
    ['float', ' 1e3 ', 1000],
    ['float', '.5', 0.5],
    ['float', '5.', 5],
    ['float', false, 0],
    ['boolean', true, true],
    ['boolean', 'TRUE', true],
    ['boolean', 1, true],
    ['boolean', '0', false],
    ['boolean', 'False', false],
    ['json', { a: 1 }, { a: 1 }],
    ['json', [1], [1]],
    ['json', '5', 5],
    ['json', '{"a": [true]}', { a: [true] }],
    ['file_url', { s3uri: 's3://x' }, { s3uri: 's3://x' }],
    ['file_url', 'https://x.example', 'https://x.example'],
    ['credential_id', 'cred_1', 'cred_1'],
    ['integer', null, null],
    ['json', null, null],
  ])('to %s turns %j into %j', (type, value, converted) => {
    expect(convertParameter(type, value)).toEqual({ ok: true, value: converted });
  });

  it.each<[WorkflowParameterType, JsonValue]>([
    ['integer', '3.5'],
    ['integer', 'x'],
    ['integer', '1__0'],
    ['integer', ''],
    ['integer', [1]],
    ['integer', '9'.repeat(400)],
    ['integer', 2 ** 53],
    ['float', 'inf'],
    ['float', 'nan'],
    ['float', '1e999'],
    ['float', '0x10'],
    ['float', {}],
    ['boolean', 'yes'],
    ['boolean', 2],
    ['boolean', ['true']],
    ['json', 5],
    ['json', true],
    ['json', '{'],
    ['json', 'NaN'],
  ])('to %s refuses %j', (type, value) => {
    const converted = convertParameter(type, value);
    expect(converted.ok ? '' : converted.problem).toContain(
      `Invalid workflow parameter. Expected parameter type: ${type}. Value: `,
    );
  });

  it('refuses values that are nested too deep, given or written as JSON', () => {
    const text = '['.repeat(100_000) + ']'.repeat(100_000);
    expect(convertParameter('json', text).ok).toBe(false);
    expect(convertParameter('string', JSON.parse(text)).ok).toBe(false);
  });

  it.each(['1', '1_', '1.', ' '])('refuses a number written as millions of %j', (part) => {
    expect(convertParameter('float', part.repeat(2_000_000)).ok).toBe(false);
    expect(convertParameter('integer', part.repeat(2_000_000)).ok).toBe(false);
  });
});
