import { expect, it } from 'vitest';
import { decodeArgument, encodeResult } from './wire-values.ts';

const resolve = (reference: unknown) => ({ resolved: reference });

it('decodes regular expressions, bytes, references and functions wherever they are', () => {
  const wire = { name: { $re: ['a+', 'i'] }, files: [{ $bytes: 'QUI=' }], has: { $ref: 7 } };
  expect(decodeArgument(wire, resolve)).toEqual({
    name: /a+/i,
    files: [Buffer.from('AB')],
    has: { resolved: 7 },
  });
  expect(String(decodeArgument({ $fn: 'x => x' }, resolve))).toBe('x => x');
});

it("keeps a user's own object that looks like a tag", () => {
  expect(decodeArgument({ $plain: { $re: 'x' } }, resolve)).toEqual({ $re: 'x' });
  expect(encodeResult({ $ref: 1 })).toEqual({ $plain: { $ref: 1 } });
});

it('refuses a tag that it does not know', () => {
  expect(() => decodeArgument({ $code: 'x' }, resolve)).toThrow('There is no kind of value $code.');
});

it('encodes bytes, dates and what JSON lacks', () => {
  const value = { a: Buffer.from('AB'), b: new Date(0), c: undefined, d: [undefined, 1n] };
  expect(encodeResult(value)).toEqual({
    a: { $bytes: 'QUI=' },
    b: '1970-01-01T00:00:00.000Z',
    d: [null, '1'],
  });
});
