import { expect } from 'vitest';
import type { DefinitionIssue } from '../issues.ts';
import { parseWorkflowRequest } from '../parse.ts';
import type { WorkflowRequest } from '../request.ts';

/** A document as a client may write it. */
export type Json = Record<string, unknown>;

export const wait = (label: string, more: Json = {}): Json => ({
  block_type: 'wait',
  label,
  wait_sec: 1,
  ...more,
});
export const text = (key: string): Json => ({
  parameter_type: 'workflow',
  workflow_parameter_type: 'string',
  key,
});
export const loop = (label: string, blocks: Json[], more: Json = {}): Json => ({
  block_type: 'for_loop',
  label,
  loop_variable_reference: '[1]',
  loop_blocks: blocks,
  ...more,
});
export const choice = (label: string, branches: Json[], more: Json = {}): Json => ({
  block_type: 'conditional',
  label,
  branch_conditions: branches,
  ...more,
});
export const when = (expression: string, next: string | null = null): Json => ({
  criteria: { expression },
  next_block_label: next,
});
export const otherwise = (next: string | null = null): Json => ({
  is_default: true,
  next_block_label: next,
});

export function define(definition: Json, settings: Json = {}): Json {
  return {
    title: 'Test',
    ...settings,
    workflow_definition: { parameters: [], blocks: [], ...definition },
  };
}

export function accept(document: unknown): WorkflowRequest {
  const parsed = parseWorkflowRequest(document);
  if (!parsed.ok) {
    throw new Error(parsed.issues.map(({ loc, msg }) => `${loc.join('.')}: ${msg}`).join('\n'));
  }
  return parsed.request;
}

export function refuse(document: unknown): { status: number; issues: readonly DefinitionIssue[] } {
  const parsed = parseWorkflowRequest(document);
  if (parsed.ok) {
    throw new Error('The definition was accepted.');
  }
  return parsed;
}

/** Expects exactly one problem, at this place below workflow_definition, with these words in it. */
export function expectProblem(
  document: unknown,
  place: string,
  words: string | RegExp,
  status = 422,
) {
  const refused = refuse(document);
  expect(refused.status).toBe(status);
  expect(refused.issues.map(({ loc }) => loc.join('.'))).toEqual([
    `workflow_definition${place === '' ? '' : `.${place}`}`,
  ]);
  expect(refused.issues[0]?.msg).toMatch(words);
}
