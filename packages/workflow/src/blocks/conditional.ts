import { z } from 'zod';
import type { JsonObject } from '../json.ts';
import { TemplateError } from '../templates/errors.ts';
import { type BlockContext, type BlockResult, defineBlock } from './block.ts';
import { explainExpression } from './logic/explain.ts';
import { isConditionTrue, wholeExpression } from './logic/truth.ts';

const criteria = z.object({
  criteria_type: z
    .enum(['jinja2_template', 'prompt'])
    .default('jinja2_template')
    .describe('Not read: the expression tells itself.'),
  expression: z
    .string()
    .describe('One expression in braces. All else is plain language, which needs the agent.'),
  description: z.string().nullable().default(null).describe('For display.'),
});

const branch = z.object({
  id: z.string().optional().describe('Given by the server.'),
  criteria: criteria.nullable().default(null).describe('The condition; null only for the default.'),
  next_block_label: z
    .string()
    .nullable()
    .default(null)
    .describe(
      'Where it goes on. Null: behind the conditional, or in a loop with the next iteration.',
    ),
  description: z.string().nullable().default(null).describe('For display.'),
  is_default: z
    .boolean()
    .default(false)
    .describe('Taken when no condition is true; one branch at most.'),
});

type Branch = z.output<typeof branch>;

/** `conditional`: the first branch whose expression is true decides where the run goes on (blocks.md §4.5). */
export const conditional = defineBlock({
  type: 'conditional',
  summary: 'Goes on at the first branch whose condition is true.',
  needs: [],
  effect: 'none',
  params: z.object({
    branch_conditions: z
      .array(branch)
      .min(1)
      .describe('Tried in this order; the first true one is taken.'),
  }),
  rendered: {},
  async run(ctx, { branch_conditions: branches }) {
    const evaluations: JsonObject[] = [];
    for (const [index, candidate] of branches.entries()) {
      const judged = judge(ctx, candidate, index);
      evaluations.push(judged.evaluation);
      if (judged.failureReason !== null) {
        const output = { ...noBranch, evaluations };
        return { status: 'failed', failureReason: judged.failureReason, output };
      }
      if (judged.result) {
        return taken({ branch: candidate, index }, evaluations);
      }
    }
    return otherwise(branches, evaluations);
  },
});

interface Judged {
  readonly result: boolean;
  readonly failureReason: string | null;
  readonly evaluation: JsonObject;
}

function judge(ctx: BlockContext, candidate: Branch, index: number): Judged {
  const evaluation = {
    branch_id: candidate.id ?? null,
    branch_index: index,
    criteria_type: null,
    original_expression: null,
    result: null,
    is_matched: false,
    is_default: candidate.is_default,
    next_block_label: candidate.next_block_label,
    error: null,
  };
  if (candidate.criteria === null) {
    return { result: false, failureReason: null, evaluation };
  }
  const { expression } = candidate.criteria;
  const inside = wholeExpression(expression);
  const judgedAs = {
    ...evaluation,
    criteria_type: inside === null ? 'prompt' : 'jinja2_template',
    original_expression: expression,
  };
  if (inside === null) {
    const reason = `branch ${index} of ${ctx.visit.block.label} is plain language, which needs the agent, and that is not there yet. Write it as one expression in {{ }}.`;
    return failedJudgement(
      judgedAs,
      reason,
      `Failed to evaluate natural language branches: ${reason}`,
    );
  }
  try {
    const result = isConditionTrue(expression, ctx.scope);
    const explained = result
      ? { rendered_expression: explainExpression(inside, ctx.scope), is_matched: true }
      : {};
    return { result, failureReason: null, evaluation: { ...judgedAs, result, ...explained } };
  } catch (error) {
    if (!(error instanceof TemplateError)) {
      throw error;
    }
    const where = `branch ${index} for ${ctx.visit.block.label}`;
    return failedJudgement(
      judgedAs,
      error.message,
      `Failed to evaluate ${where}: ${error.message}`,
    );
  }
}

function failedJudgement(evaluation: JsonObject, error: string, failureReason: string): Judged {
  return { result: false, failureReason, evaluation: { ...evaluation, error } };
}

function otherwise(branches: readonly Branch[], evaluations: readonly JsonObject[]): BlockResult {
  const index = branches.findIndex((candidate) => candidate.is_default);
  const fallback = branches[index];
  if (fallback === undefined) {
    return {
      status: 'failed',
      failureReason: 'No conditional branch matched and no default branch configured',
      output: { ...noBranch, evaluations },
    };
  }
  const matched = evaluations.map((evaluation) =>
    evaluation.branch_index === index ? { ...evaluation, is_matched: true } : evaluation,
  );
  return taken({ branch: fallback, index }, matched);
}

const noBranch = {
  branch_taken: null,
  branch_index: null,
  branch_id: null,
  branch_description: null,
  criteria_type: null,
  criteria_expression: null,
  next_block_label: null,
  llm_response: null,
  llm_prompt: null,
};

function taken(
  chosen: { readonly branch: Branch; readonly index: number },
  evaluations: readonly JsonObject[],
): BlockResult {
  const { branch: found, index } = chosen;
  const expression = found.criteria?.expression ?? null;
  const output = {
    branch_taken: found.next_block_label,
    branch_index: index,
    branch_id: found.id ?? null,
    branch_description: found.description,
    criteria_type: expression === null ? null : 'jinja2_template',
    criteria_expression: expression,
    next_block_label: found.next_block_label,
    evaluations,
    llm_response: null,
    llm_prompt: null,
  };
  const details = {
    executed_branch_id: found.id ?? null,
    executed_branch_expression: expression,
    executed_branch_result: expression === null ? null : true,
    executed_branch_next_block: found.next_block_label,
  };
  return { status: 'completed', output, details };
}
