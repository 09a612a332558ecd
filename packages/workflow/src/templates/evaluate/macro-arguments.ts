import { typeError } from '../errors.ts';
import type { MacroDefinition } from '../syntax/ast.ts';
import {
  type CallValues,
  PyDict,
  PyTuple,
  Undefined,
  type Value,
  valueOr,
} from '../values/value.ts';
import { evaluate, type Frame } from './expressions.ts';

/** Sets the parameters of a macro in its frame. Extra arguments are taken only by macros that read them. */
export function bindMacro(frame: Frame, macro: MacroDefinition, args: CallValues): void {
  const named = new Map(args.named);
  for (const [index, { name, fallback }] of macro.parameters.entries()) {
    const value = argument(macro, [args.positional[index], named.get(name)], name);
    named.delete(name);
    if (value !== undefined) frame.scope.set(name, value);
    else if (fallback !== null) frame.scope.set(name, evaluate(frame, fallback));
    else frame.scope.set(name, new Undefined(`parameter '${name}' was not provided`));
  }
  bindExtras(frame, macro, { positional: args.positional.slice(macro.parameters.length), named });
}

function argument(
  macro: MacroDefinition,
  [byPlace, byName]: readonly [Value | undefined, Value | undefined],
  name: string,
): Value | undefined {
  if (byPlace !== undefined && byName !== undefined) {
    throw typeError(`macro '${macro.name}' got multiple values for argument '${name}'`);
  }
  return byPlace === undefined ? byName : byPlace;
}

function bindExtras(frame: Frame, macro: MacroDefinition, extra: CallValues): void {
  const { name, reads } = macro;
  const named = new Map(extra.named);
  if (reads.has('caller') && !macro.parameters.some((parameter) => parameter.name === 'caller')) {
    frame.scope.set('caller', valueOr(named.get('caller'), new Undefined('No caller defined')));
    named.delete('caller');
  }
  if (reads.has('kwargs')) frame.scope.set('kwargs', new PyDict(named));
  else {
    const [first] = named.keys();
    if (first !== undefined)
      throw typeError(`macro '${name}' takes no keyword argument '${first}'`);
  }
  if (reads.has('varargs')) frame.scope.set('varargs', new PyTuple(extra.positional));
  else if (extra.positional.length > 0) {
    const most = macro.parameters.length;
    throw typeError(`macro '${name}' takes not more than ${most} argument(s)`);
  }
}
