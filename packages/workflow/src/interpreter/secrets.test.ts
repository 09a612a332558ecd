import { expect, test } from 'vitest';
import { createSecrets } from './secrets.ts';

test('a secret has one token, which gives the value back', () => {
  const secrets = createSecrets();
  const token = secrets.register('password', 'p4ss');
  expect(token).toMatch(/^placeholder_[A-Za-z0-9]{4}_password$/);
  expect(secrets.register('again', 'p4ss')).toBe(token);
  expect(secrets.reveal(`a ${token} b ${token}`)).toBe('a p4ss b p4ss');
});

test('masking reaches keys and nested values, and takes the longest secret first', () => {
  const secrets = createSecrets();
  secrets.register('short', 'abc');
  secrets.register('long', 'abcdef');
  expect(secrets.mask({ 'k-abc': ['x abcdef y', 1, null, { deep: 'abc' }] })).toEqual({
    'k-*****': ['x ***** y', 1, null, { deep: '*****' }],
  });
});

test('a token whose value was lost is refused where it is needed', () => {
  const secrets = createSecrets();
  secrets.lose('placeholder_aB3d_token');
  expect(secrets.reveal('nothing here')).toBe('nothing here');
  expect(() => secrets.reveal('Bearer placeholder_aB3d_token')).toThrow(
    'The secret behind placeholder_aB3d_token is gone',
  );
});

test('a value with a dollar sign is put in as it is', () => {
  const secrets = createSecrets();
  const token = secrets.register('p', '$&$1');
  expect(secrets.reveal(token)).toBe('$&$1');
});
