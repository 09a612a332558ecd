import { typeError } from '../errors.ts';
import { type Operation, operation, variadic } from '../operation.ts';
import type { Runtime } from '../runtime.ts';
import { truthy } from '../values/compare.ts';
import { iterate } from '../values/iterate.ts';
import type { CallValues, Value } from '../values/value.ts';
import { needText } from './given.ts';
import { attributeOf, type KeyOf } from './keys.ts';

type Filter = Operation<Value>;

/** The rest of a call whose first argument names what to apply. */
function rest({ positional, named }: CallValues): CallValues {
  return { positional: positional.slice(1), named };
}

function nameIn(call: CallValues, what: string): string {
  const [name] = call.positional;
  if (typeof name === 'string') return name;
  throw typeError(`The name of a ${what} is needed as text.`);
}

const map = variadic<Value>((rt, value, call) => {
  const attribute = call.named.get('attribute');
  if (call.positional.length > 0 || attribute === undefined) {
    if (call.positional.length === 0) throw typeError('map requires a filter argument');
    const name = nameIn(call, 'filter');
    return iterate(rt, value).map((item) => rt.filter(name, item, rest(call)));
  }
  const [unknown] = [...call.named.keys()].filter(
    (key) => key !== 'attribute' && key !== 'default',
  );
  if (unknown !== undefined) throw typeError(`Unexpected keyword argument '${unknown}'`);
  const fallback = call.named.get('default');
  const keyOf = attributeOf(rt, attribute, fallback ?? null);
  return iterate(rt, value).map(keyOf);
});

/** Keeps the items for which a test, or their truth when none is named, gives `wanted`. */
function chosen(
  rt: Runtime,
  items: readonly Value[],
  { wanted, keyOf, test }: { wanted: boolean; keyOf: KeyOf; test: CallValues },
): readonly Value[] {
  const [named] = test.positional;
  if (named === undefined) return items.filter((item) => truthy(rt, keyOf(item)) === wanted);
  const name = nameIn(test, 'test');
  return items.filter((item) => rt.test(name, keyOf(item), rest(test)) === wanted);
}

function select(wanted: boolean): Filter {
  return variadic((rt, value, test) =>
    chosen(rt, iterate(rt, value), { wanted, keyOf: (item) => item, test }),
  );
}

function selectBy(wanted: boolean): Filter {
  return variadic((rt, value, call) => {
    const [attribute] = call.positional;
    if (attribute === undefined) throw typeError('Missing parameter for attribute name');
    return chosen(rt, iterate(rt, value), {
      wanted,
      keyOf: attributeOf(rt, attribute),
      test: rest(call),
    });
  });
}

const attr = operation<Value>(['name'], (rt, value, [name]) =>
  rt.attribute(value, needText(name, 'The name of an attribute')),
);

/** Filters that look into the items of a list. */
export const SELECT_FILTERS: readonly (readonly [string, Filter])[] = [
  ['map', map],
  ['select', select(true)],
  ['reject', select(false)],
  ['selectattr', selectBy(true)],
  ['rejectattr', selectBy(false)],
  ['attr', attr],
];
