import { isJsonObject, type JsonObject } from '../json.ts';
import { type DefinitionIssue, valueError } from './issues.ts';
import { listed, quoted } from './names.ts';

type Path = readonly (string | number)[];

/** Rules between the fields of one loop or conditional (blocks.md §1.4), which the schemas of their types leave out. */
export function structureProblems(item: JsonObject, loc: Path): readonly DefinitionIssue[] {
  switch (item.block_type) {
    case 'for_loop':
      return forLoopProblems(item, loc);
    case 'conditional':
      return conditionalProblems(item, loc);
    default:
      return [];
  }
}

function forLoopProblems(item: JsonObject, loc: Path): readonly DefinitionIssue[] {
  const given = (name: string) => (item[name] ?? '') !== '';
  if (given('loop_over_parameter_key') || given('loop_variable_reference')) {
    return [];
  }
  const text = `for_loop ${quoted(item.label)} has nothing to run over; set loop_variable_reference to a list, or loop_over_parameter_key to the key of a parameter`;
  return [valueError(loc, text)];
}

function conditionalProblems(item: JsonObject, loc: Path): readonly DefinitionIssue[] {
  const given = item.branch_conditions;
  const branches: readonly unknown[] = Array.isArray(given) ? given : [];
  const place = [...loc, 'branch_conditions'];
  const found: DefinitionIssue[] = [];
  const defaults = branches.flatMap((branch, index) => {
    const isDefault = isJsonObject(branch) && branch.is_default === true;
    return isDefault ? [index] : [];
  });
  if (defaults.length > 1) {
    const text = `conditional ${quoted(item.label)} has ${defaults.length} default branches (${listed(defaults)}); keep one`;
    found.push(valueError(place, text));
  }
  for (const [index, branch] of branches.entries()) {
    const text = isJsonObject(branch) ? branchProblem(branch) : null;
    if (text !== null) {
      found.push(valueError([...place, index], `branch ${index} of ${quoted(item.label)} ${text}`));
    }
  }
  return found;
}

function branchProblem(branch: JsonObject): string | null {
  const hasCriteria = (branch.criteria ?? null) !== null;
  if (branch.is_default === true) {
    return hasCriteria ? 'is the default and cannot have criteria; remove one of the two' : null;
  }
  return hasCriteria ? null : 'has no criteria; add them, or mark it with is_default: true';
}
