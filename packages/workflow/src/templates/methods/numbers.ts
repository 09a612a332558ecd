import { type Operation, operation } from '../operation.ts';
import { asInteger, asNumber } from '../values/numbers.ts';
import { isFloat, type Value } from '../values/value.ts';

/** Methods of ints and floats. */
export const NUMBER_METHODS: ReadonlyMap<string, Operation<Value>> = new Map([
  ['is_integer', operation<Value>([], (_, value) => Number.isInteger(asNumber(value)))],
  [
    'bit_length',
    operation<Value>([], (_, value) => {
      const size = BigInt(isFloat(value) ? 0 : (asInteger(value) ?? 0));
      return size === 0n ? 0 : (size < 0n ? -size : size).toString(2).length;
    }),
  ],
]);
