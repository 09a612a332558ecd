import { typeError } from './errors.ts';
import type { Runtime } from './runtime.ts';
import type { CallValues, Value } from './values/value.ts';

/** Arguments in the order of the parameters; undefined where one was left out. */
export type Given = readonly (Value | undefined)[];

/** A filter, a test or a method: it works on the value before it, with arguments. */
export interface Operation<R> {
  /** Names of the parameters, those that may be left out with `?`; null when it reads the raw arguments itself. */
  readonly parameters: readonly string[] | null;
  readonly run: (rt: Runtime, value: Value, given: Given, call: CallValues) => R;
}

export type Operations<R = Value> = ReadonlyMap<string, Operation<R>>;

export function operation<R>(
  parameters: readonly string[],
  run: (rt: Runtime, value: Value, given: Given) => R,
): Operation<R> {
  return { parameters, run };
}

/** An operation that takes any arguments. */
export function variadic<R>(run: (rt: Runtime, value: Value, call: CallValues) => R): Operation<R> {
  return { parameters: null, run: (rt, value, _, call) => run(rt, value, call) };
}

/** Runs an operation after putting its arguments in order; raises when they do not fit. */
export function invoke<R>(
  rt: Runtime,
  [name, { parameters, run }]: readonly [string, Operation<R>],
  value: Value,
  call: CallValues,
): R {
  rt.budget.spend(1);
  return run(rt, value, parameters === null ? [] : bind(name, parameters, call), call);
}

/** Puts arguments in the order of the parameters as a Python call does. */
export function bind(name: string, parameters: readonly string[], call: CallValues): Given {
  if (call.positional.length > parameters.length) {
    throw typeError(
      `${name} takes at most ${parameters.length} arguments (${call.positional.length} given)`,
    );
  }
  const known = parameters.map((parameter) => parameter.replace('?', ''));
  const given: (Value | undefined)[] = known.map((_, index) => call.positional[index]);
  for (const [key, value] of call.named) {
    const index = known.indexOf(key);
    if (index === -1) throw typeError(`${name} got an unexpected keyword argument '${key}'`);
    if (given[index] !== undefined) throw typeError(`${name} got several values for '${key}'`);
    given[index] = value;
  }
  const missing = parameters.find(
    (parameter, index) => given[index] === undefined && !parameter.endsWith('?'),
  );
  if (missing !== undefined) throw typeError(`${name} misses its argument '${missing}'`);
  return given;
}
