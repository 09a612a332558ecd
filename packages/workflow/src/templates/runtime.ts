import type { Budget } from './limits.ts';
import type { CallValues, Value } from './values/value.ts';

/** What filters, tests and methods may ask of the rendering that they belong to. */
export interface Runtime {
  readonly budget: Budget;
  /** Whether touching an undefined value raises. */
  readonly strict: boolean;
  /** How lists, dicts, booleans and null print. */
  readonly objects: 'python' | 'json';
  /** Whether outputs print null as empty text and raise for a value that is not there. */
  readonly cells: boolean;
  /** Whether the filter `json` must give the whole result, instead of JSON text. */
  readonly nativeJson: boolean;
  /** Raises a signal to start again on a copy of the scope, unless this rendering has one. */
  readonly allowChanges: () => void;
  /** `target[key]`, with attributes as second choice. */
  readonly item: (target: Value, key: Value) => Value;
  /** `target.name`, without a look at a dict's keys. */
  readonly attribute: (target: Value, name: string) => Value;
  readonly filter: (name: string, value: Value, args: CallValues) => Value;
  readonly test: (name: string, value: Value, args: CallValues) => boolean;
}
