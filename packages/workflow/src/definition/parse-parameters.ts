import { z } from 'zod';
import { isJsonObject, type JsonObject, type JsonValue } from '../json.ts';
import { convertParameter } from '../parameters/convert.ts';
import { wrongTag } from './issue-messages.ts';
import { toIssues, valueError, withInput } from './issues.ts';
import { optional } from './lax.ts';
import { limits } from './limits.ts';
import { quoted } from './names.ts';
import { parameterKinds, type WorkflowParameterType } from './parameter-kinds.ts';
import type { Problems } from './problems.ts';
import type { DeclaredParameter } from './request.ts';

type Path = readonly (string | number)[];

/** What the checks across parameters read; also made of parameters that have problems of their own. */
export interface ParameterOutline {
  readonly key: string;
  readonly loc: Path;
  /** Set for context parameters. */
  readonly sourceKey: string | null;
}

export interface ParsedParameters {
  readonly parameters: readonly DeclaredParameter[];
  readonly outlines: readonly ParameterOutline[];
}

const commonFields = z.object({ key: z.string(), description: optional(z.string()) });

/** Parses declared parameters and adds every problem of each; defaults come out converted to their types. */
export function parseParameters(
  items: readonly unknown[],
  loc: Path,
  problems: Problems,
): ParsedParameters {
  if (items.length > limits.parameters) {
    const text = `a definition may declare ${limits.parameters} parameters, not ${items.length}; put related values into one json parameter`;
    problems.add([valueError(loc, text)]);
    return { parameters: [], outlines: [] };
  }
  const parsed = items.map((item, index) => parseParameter(item, [...loc, index], problems));
  return {
    parameters: parsed.flatMap(({ parameter }) => parameter ?? []),
    outlines: parsed.flatMap(({ outline }) => outline ?? []),
  };
}

interface ParsedParameter {
  readonly parameter: DeclaredParameter | null;
  readonly outline: ParameterOutline | null;
}

function parseParameter(item: unknown, loc: Path, problems: Problems): ParsedParameter {
  if (!isJsonObject(item)) {
    const msg = 'Input should be a valid dictionary or object to extract fields from';
    problems.add([withInput({ type: 'model_attributes_type', loc, msg }, item)]);
    return { parameter: null, outline: null };
  }
  const common = commonFields.safeParse(item);
  if (!common.success) {
    problems.add(toIssues(common.error.issues, { value: item, schema: commonFields, loc }));
  }
  const fields = parseKind(item, loc, problems);
  const source = item.source_parameter_key;
  const isContext = item.parameter_type === 'context' && typeof source === 'string';
  const { key } = item;
  const outline =
    typeof key === 'string' ? { key, loc, sourceKey: isContext ? source : null } : null;
  const parameter =
    common.success && fields !== null
      ? { parameter_type: String(item.parameter_type), ...common.data, ...fields }
      : null;
  return { parameter, outline };
}

function parseKind(item: JsonObject, loc: Path, problems: Problems): JsonObject | null {
  const name = item.parameter_type;
  if (name === 'output') {
    const text =
      "parameter_type 'output' cannot be declared: every block gets its output parameter, '{label}_output', by itself; remove this entry";
    problems.add([valueError([...loc, 'parameter_type'], text, name)]);
    return null;
  }
  const kind = typeof name === 'string' ? parameterKinds.get(name) : undefined;
  if (kind === undefined) {
    const found = { present: name !== undefined, value: name };
    const message = wrongTag('parameter_type', found, [...parameterKinds.keys()]);
    problems.add([withInput({ ...message, loc }, name)]);
    return null;
  }
  const parsed = kind.fields.safeParse(item);
  if (!parsed.success) {
    problems.add(toIssues(parsed.error.issues, { value: item, schema: kind.fields, loc }));
    return null;
  }
  const fields = parsed.data as JsonObject;
  switch (name) {
    case 'workflow':
      return withConvertedDefault(fields, loc, problems);
    case 'credential':
      addRuleProblems(credentialProblems(fields, item), loc, problems);
      return fields;
    case 'bitwarden_login_credential':
      addRuleProblems(bitwardenProblems(fields), loc, problems);
      return fields;
    default:
      return fields;
  }
}

function withConvertedDefault(fields: JsonObject, loc: Path, problems: Problems): JsonObject {
  const type = fields.workflow_parameter_type as WorkflowParameterType;
  const given = fields.default_value ?? null;
  const converted = convertParameter(type, given);
  if (!converted.ok) {
    problems.add([valueError([...loc, 'default_value'], converted.problem, given)], 400);
    return fields;
  }
  return { ...fields, default_value: converted.value };
}

interface RuleProblem {
  readonly field: string;
  readonly text: string;
}

function addRuleProblems(found: readonly RuleProblem[], loc: Path, problems: Problems): void {
  problems.add(
    found.map(({ field, text }) => valueError([...loc, field], text)),
    400,
  );
}

const strategies: readonly JsonValue[] = ['round_robin', 'random'];
const triggers: readonly JsonValue[] = ['credential_failures', 'any_failure'];

/** Rules of rotation and fallback (blocks.md §1.4). */
function credentialProblems(fields: JsonObject, item: JsonObject): readonly RuleProblem[] {
  const found: RuleProblem[] = [];
  const given = (name: string) => (fields[name] ?? null) !== null;
  const rotates = Array.isArray(item.credential_ids);
  if (rotates && Array.isArray(fields.credential_ids) && fields.credential_ids.length === 0) {
    const text = 'credential_ids is empty; name at least one credential or leave the field out';
    found.push({ field: 'credential_ids', text });
  }
  if (given('selection_strategy') && !strategies.includes(fields.selection_strategy ?? null)) {
    const text = `selection_strategy ${quoted(fields.selection_strategy)} is unknown; use 'round_robin' or 'random'`;
    found.push({ field: 'selection_strategy', text });
  }
  if (rotates && given('fallback_credential_ids')) {
    const text =
      'credential_ids (rotation) and fallback_credential_ids exclude each other; keep one of them';
    found.push({ field: 'fallback_credential_ids', text });
  }
  if (given('fallback_trigger') && !triggers.includes(fields.fallback_trigger ?? null)) {
    const text = `fallback_trigger ${quoted(fields.fallback_trigger)} is unknown; use 'credential_failures' or 'any_failure'`;
    found.push({ field: 'fallback_trigger', text });
  }
  if (given('fallback_trigger') && !given('fallback_credential_ids')) {
    const text = 'fallback_trigger needs fallback_credential_ids; add them or remove the trigger';
    found.push({ field: 'fallback_trigger', text });
  }
  return found;
}

function bitwardenProblems(fields: JsonObject): readonly RuleProblem[] {
  const given = (name: string) => typeof fields[name] === 'string' && fields[name] !== '';
  if (given('bitwarden_item_id')) {
    return [];
  }
  if (!given('bitwarden_collection_id')) {
    const text = 'give bitwarden_item_id, or bitwarden_collection_id with url_parameter_key';
    return [{ field: 'bitwarden_item_id', text }];
  }
  if (!given('url_parameter_key')) {
    const text =
      'bitwarden_collection_id without bitwarden_item_id needs url_parameter_key, to find the item by its address';
    return [{ field: 'url_parameter_key', text }];
  }
  return [];
}
