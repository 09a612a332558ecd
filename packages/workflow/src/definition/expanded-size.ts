import { limits } from './limits.ts';
import { namedParameters } from './named-parameters.ts';
import type { DeclaredParameter, RequestBlock, RequestDefinition } from './request.ts';

/** Characters of the ids, times and names of a stored parameter, about. */
const ownCharacters = 400;

/**
 * Stored definitions hold a parameter in full wherever it is named, so that a large default that is named often would
 * grow without bound. Says why a definition would become too large; null when it would not.
 */
export function expandedSizeProblem(definition: RequestDefinition): string | null {
  const sizes = parameterSizes(definition.parameters);
  let characters = [...sizes.values()].reduce((sum, size) => sum + size, 0);
  const visit = (blocks: readonly RequestBlock[]) => {
    for (const block of blocks) {
      const named = [
        ...(block.parameter_keys ?? []),
        ...namedParameters(block).map(({ key }) => key),
      ];
      characters += named.reduce((sum, key) => sum + (sizes.get(key) ?? ownCharacters), 0);
      visit(block.loop_blocks ?? []);
    }
  };
  visit(definition.blocks);
  return characters > limits.parameterCharacters
    ? `the parameters are too large to be named this often: about ${characters} of ${limits.parameterCharacters} characters; name large ones in fewer parameter_keys (templates see every parameter anyway)`
    : null;
}

/** A context parameter holds its source. */
function parameterSizes(parameters: readonly DeclaredParameter[]): ReadonlyMap<string, number> {
  const byKey = new Map(parameters.map((parameter) => [parameter.key, parameter]));
  const own = new Map(
    parameters.map(({ key, ...rest }) => [key, JSON.stringify(rest).length + ownCharacters]),
  );
  const sizeOf = (parameter: DeclaredParameter): number => {
    let size = 0;
    let at: DeclaredParameter | undefined = parameter;
    for (let steps = 0; at !== undefined && steps <= limits.contextChain; steps += 1) {
      size += own.get(at.key) ?? 0;
      at = at.parameter_type === 'context' ? byKey.get(String(at.source_parameter_key)) : undefined;
    }
    return size;
  };
  return new Map(parameters.map((parameter) => [parameter.key, sizeOf(parameter)]));
}
