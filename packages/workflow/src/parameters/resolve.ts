import { listed, quoted } from '../definition/names.ts';
import type { WorkflowParameterType } from '../definition/parameter-kinds.ts';
import type { StoredDefinition, StoredParameter } from '../definition/stored.ts';
import { isJsonObject, type JsonValue } from '../json.ts';
import { convertParameter } from './convert.ts';
import { resembles } from './resemblance.ts';

/** One parameter of a run that cannot be used as it was given. */
export interface ParameterProblem {
  readonly key: string;
  readonly problem: string;
}

export type ResolvedParameters =
  | { readonly ok: true; readonly values: Readonly<Record<string, JsonValue>> }
  | {
      readonly ok: false;
      readonly problems: readonly ParameterProblem[];
      /** Every problem in one text; missing parameters first, sorted. */
      readonly message: string;
    };

type Resolved =
  | { readonly kind: 'value'; readonly value: JsonValue }
  | { readonly kind: 'missing' }
  | { readonly kind: 'wrong'; readonly problem: string };

/**
 * The values that a run starts with (blocks.md §2.3), converted to their types: one for each `workflow` parameter, and
 * one for each `context` parameter that takes its value from one of those. Unknown keys are ignored, but for one that
 * looks like the misspelt name of a `credential_id` parameter that got no value.
 * @param given What the run request sent as `parameters`.
 */
export function resolveRunParameters(
  definition: StoredDefinition,
  given: Readonly<Record<string, unknown>>,
): ResolvedParameters {
  const values = new Map<string, JsonValue>();
  const missing: string[] = [];
  const wrong: ParameterProblem[] = [];
  for (const parameter of definition.parameters.filter(isRunParameter)) {
    const { key } = parameter;
    const resolved = resolveOne(parameter, Object.hasOwn(given, key) ? given[key] : undefined);
    switch (resolved.kind) {
      case 'value':
        values.set(key, resolved.value);
        break;
      case 'missing':
        missing.push(key);
        break;
      case 'wrong':
        wrong.push({ key, problem: resolved.problem });
        break;
    }
  }
  wrong.push(...misspeltCredentials(definition, given, values));
  if (missing.length > 0 || wrong.length > 0) {
    return refuse(missing.sort(), wrong);
  }
  return { ok: true, values: Object.fromEntries(withContext(definition, values)) };
}

function isRunParameter(parameter: {
  readonly parameter_type: string;
}): parameter is StoredParameter {
  return parameter.parameter_type === 'workflow';
}

function refuse(
  missing: readonly string[],
  wrong: readonly ParameterProblem[],
): ResolvedParameters {
  const sentences = wrong.map(({ key, problem }) => `Parameter ${key}: ${problem}`);
  const absent = missing.length === 0 ? [] : [`Missing value for parameter ${missing.join(', ')}.`];
  return {
    ok: false,
    problems: [
      ...missing.map((key) => ({ key, problem: 'A value is missing and there is no default.' })),
      ...wrong,
    ],
    message: [...absent, ...sentences].join(' '),
  };
}

function resolveOne(parameter: StoredParameter, given: unknown): Resolved {
  const type = parameter.workflow_parameter_type as WorkflowParameterType;
  const value = (given ?? null) as JsonValue;
  if (value === null) {
    const fallback = parameter.default_value ?? null;
    return fallback === null && type !== 'credential_id'
      ? { kind: 'missing' }
      : { kind: 'value', value: fallback };
  }
  if (isBlank(type, value)) {
    const optional = type === 'credential_id' && (parameter.default_value ?? null) === null;
    return optional ? { kind: 'value', value: null } : { kind: 'missing' };
  }
  if (type === 'credential_id' && typeof value !== 'string') {
    const shown = JSON.stringify(value).slice(0, 100);
    return { kind: 'wrong', problem: `Invalid credential ID: ${shown}. Give the id as a text.` };
  }
  const converted = convertParameter(type, value);
  return converted.ok
    ? { kind: 'value', value: converted.value }
    : { kind: 'wrong', problem: converted.problem };
}

/** Whether a value counts as none. An empty text is a value of a `string` parameter only. */
function isBlank(type: WorkflowParameterType, value: JsonValue): boolean {
  if (typeof value === 'string') {
    return type !== 'string' && value.trim() === '';
  }
  if (type !== 'file_url' || !isJsonObject(value)) {
    return false;
  }
  const names = Object.keys(value);
  return names.length === 0 || (names.length === 1 && value.s3uri === '');
}

function misspeltCredentials(
  definition: StoredDefinition,
  given: Readonly<Record<string, unknown>>,
  values: ReadonlyMap<string, JsonValue>,
): readonly ParameterProblem[] {
  const declared = new Set(definition.parameters.map(({ key }) => key));
  const unknown = Object.keys(given).filter((key) => !declared.has(key));
  const unresolved = definition.parameters
    .filter(isRunParameter)
    .filter(({ key, workflow_parameter_type: type }) => {
      return type === 'credential_id' && (values.get(key) ?? null) === null;
    })
    .map(({ key }) => key);
  return unresolved.flatMap((key) => {
    const close = unknown.slice(0, 100).find((name) => resembles(name, key));
    const problem = `Unknown parameter ${quoted(close)} looks like ${quoted(key)}, which got no value. Expected ${listed([...declared].sort())}; without a value: ${listed(unresolved)}. Correct the name or leave it out.`;
    return close === undefined ? [] : [{ key, problem }];
  });
}

/** Adds the context parameters whose source has a value already (§2.6). */
function withContext(
  definition: StoredDefinition,
  values: ReadonlyMap<string, JsonValue>,
): ReadonlyMap<string, JsonValue> {
  const all = new Map(values);
  for (const parameter of definition.parameters) {
    const source = parameter.parameter_type === 'context' ? firstSource(parameter) : null;
    const value = source === null ? undefined : values.get(source);
    if (value !== undefined) {
      all.set(parameter.key, value);
    }
  }
  return all;
}

function firstSource(parameter: { readonly key: string; readonly source?: JsonValue }): string {
  let at: JsonValue | undefined = parameter as {
    readonly key: string;
    readonly source?: JsonValue;
  };
  while (isJsonObject(at) && isJsonObject(at.source)) {
    at = at.source;
  }
  return isJsonObject(at) ? String(at.key) : parameter.key;
}
