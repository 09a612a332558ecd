import { blockTypeByName } from '../blocks/registry.ts';
import { isJsonObject, type JsonObject } from '../json.ts';
import { checkTemplate } from '../templates/templates.ts';
import { checkDefinition, versionOf } from './checks.ts';
import { expandedSizeProblem } from './expanded-size.ts';
import { type DefinitionIssue, toIssues, valueError, withInput } from './issues.ts';
import { limits, tooLarge } from './limits.ts';
import { parseBlocks } from './parse-blocks.ts';
import { parseParameters } from './parse-parameters.ts';
import { collectProblems, type ProblemStatus, type Problems } from './problems.ts';
import {
  definitionFields,
  type RequestDefinition,
  type WorkflowRequest,
  workflowFields,
} from './request.ts';

/** A checked request, or everything that is wrong with it. */
export type ParsedWorkflow =
  | { readonly ok: true; readonly request: WorkflowRequest }
  | {
      readonly ok: false;
      readonly issues: readonly DefinitionIssue[];
      /** HTTP status of the answer (blocks.md §1.4): 400 only when every problem is one that is answered with 400. */
      readonly status: ProblemStatus;
    };

/**
 * Checks a create or update request: the document of `json_definition`, or of a YAML text once parsed (blocks.md §1).
 * Accepts anything that JSON can carry, within {@link limits}; never throws. Unknown keys are ignored.
 */
export function parseWorkflowRequest(input: unknown): ParsedWorkflow {
  const problems = collectProblems();
  const request = parseDocument(input, problems);
  const result = problems.result();
  if (result !== null) {
    return { ok: false, ...result };
  }
  if (request === null) {
    throw new Error('A definition without problems could not be read.');
  }
  return { ok: true, request };
}

function parseDocument(input: unknown, problems: Problems): WorkflowRequest | null {
  const size = tooLarge(input);
  if (size !== null) {
    problems.add([valueError([], `the definition is too large: ${size}`)]);
    return null;
  }
  if (!isJsonObject(input)) {
    const msg = 'Input should be a valid dictionary or object to extract fields from';
    problems.add([withInput({ type: 'model_attributes_type', loc: [], msg }, input)]);
    return null;
  }
  const settings = workflowFields.safeParse(input);
  if (!settings.success) {
    problems.add(toIssues(settings.error.issues, { value: input, schema: workflowFields }));
  }
  checkProfileKey(input, problems);
  const definition = parseDefinition(input, problems);
  return settings.success && definition !== null
    ? { ...settings.data, workflow_definition: definition }
    : null;
}

function checkProfileKey(input: JsonObject, problems: Problems): void {
  const key = input.browser_profile_key;
  const error = typeof key === 'string' ? checkTemplate(key) : null;
  if (error !== null) {
    const text = `browser_profile_key is no valid template: ${error.message}`;
    problems.add([valueError(['browser_profile_key'], text, key)]);
  }
}

function parseDefinition(input: JsonObject, problems: Problems): RequestDefinition | null {
  const loc = ['workflow_definition'];
  const given = input.workflow_definition;
  if (!isJsonObject(given)) {
    const issue =
      given === undefined
        ? { type: 'missing', loc, msg: 'Field required' }
        : {
            type: 'model_attributes_type',
            loc,
            msg: 'Input should be a valid dictionary or object to extract fields from',
          };
    problems.add([withInput(issue, given)]);
    return null;
  }
  const fields = definitionFields.safeParse(given);
  if (!fields.success) {
    problems.add(toIssues(fields.error.issues, { value: given, schema: definitionFields, loc }));
  }
  const parameters = parseParameters(listOf(given, 'parameters'), [...loc, 'parameters'], problems);
  const parsed = parseBlocks(
    listOf(given, 'blocks'),
    [...loc, 'blocks'],
    blockTypeByName,
    problems,
  );
  if (!fields.success) {
    return null;
  }
  const { version, finally_block_label: finallyLabel } = fields.data;
  const outlines = { parameters: parameters.outlines, blocks: parsed.outlines };
  checkDefinition({ loc, version, finallyLabel, ...outlines }, problems);
  const definition: RequestDefinition = {
    ...fields.data,
    completion_contract: fields.data.completion_contract as JsonObject | null,
    version: version ?? versionOf(parsed.outlines),
    parameters: parameters.parameters,
    blocks: parsed.blocks,
  };
  const expanded = expandedSizeProblem(definition);
  if (expanded !== null) {
    problems.add([valueError([...loc, 'parameters'], expanded)]);
  }
  return definition;
}

function listOf(given: JsonObject, name: string): readonly unknown[] {
  const value = given[name];
  return Array.isArray(value) ? value : [];
}
