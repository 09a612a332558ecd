import { typeError } from '../errors.ts';
import type { Runtime } from '../runtime.ts';
import { truthy } from '../values/compare.ts';
import { asIndex } from '../values/numbers.ts';
import { text } from '../values/text.ts';
import { Undefined, type Value } from '../values/value.ts';

/** A whole number that was given as argument, or the fallback. */
export function integerOr(value: Value | undefined, fallback: number): number {
  if (value instanceof Undefined) throw value.error();
  return value === undefined ? fallback : asIndex(value);
}

/** The text of an argument, or the fallback. */
export function textOr(rt: Runtime, value: Value | undefined, fallback: string): string {
  return value === undefined ? fallback : text(rt, value);
}

/** The truth of an argument; false when it was left out. */
export function flag(rt: Runtime, value: Value | undefined): boolean {
  return value !== undefined && truthy(rt, value);
}

/** An argument that must be text. */
export function needText(value: Value | undefined, what: string): string {
  if (typeof value === 'string') return value;
  throw typeError(`${what} must be text.`);
}
