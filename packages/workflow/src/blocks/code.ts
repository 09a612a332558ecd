import type { z } from 'zod';
import type { CodeResult } from '../capabilities/code.ts';
import { BlockFailure, type RunError } from '../errors.ts';
import { isJsonObject, type JsonValue } from '../json.ts';
import { TemplateError } from '../templates/errors.ts';
import { renderJson } from '../templates/templates.ts';
import { type BlockContext, type BlockResult, defineBlock } from './block.ts';
import { codeFields } from './code/fields.ts';
import { renderPython } from './code/template.ts';
import { type CodeVariables, codeVariables } from './code/variables.ts';
import { downloads } from './task/output.ts';

const timeoutSeconds = 300;
const maxReasonCharacters = 2000;

type CodeFields = z.output<typeof codeFields>;

/** `code`: runs Python, JavaScript or TypeScript of the user with the run's page at hand (blocks.md §4.8). */
export const code = defineBlock({
  type: 'code',
  summary: 'Runs code of your own, in Python, JavaScript or TypeScript.',
  needs: ['code', 'browser', 'files', 'credentials'],
  effect: 'external',
  task: 'container',
  crashText: 'CodeBlock execution failed.',
  params: codeFields,
  // Without the page nothing leaves the sandbox; on it, a click that is made twice may order twice.
  isIdempotent: (fields) => !namesPage(fields.code),
  // The block renders its code itself: only Python is a template, and its comments are not.
  rendered: {},
  async run(ctx, fields) {
    let prepared: Prepared;
    try {
      prepared = prepare(ctx, fields);
    } catch (error) {
      if (error instanceof TemplateError) {
        const failureReason = `Failed to format CodeBlock parameters. ${error.message}`;
        return { status: 'failed', failureReason };
      }
      throw error;
    }
    const names = await namesOf(ctx);
    if (names instanceof BlockFailure) {
      return await failure(ctx, names.message);
    }
    const result = await ctx.code.run({
      language: fields.language,
      code: prepared.source,
      ...names,
      timeoutSeconds,
      mask: (text) => ctx.secrets.maskText(text),
    });
    const taskId = ctx.newId('tsk');
    return { ...(await outcomeOf(ctx, result, prepared.errorCodes)), details: { task_id: taskId } };
  },
});

function namesPage(source: string): boolean {
  return /\b(page|solve_?captcha|click_?and_?claim_?download)\b/i.test(source);
}

interface Prepared {
  readonly source: string;
  /** Codes that may be raised. */
  readonly errorCodes: readonly string[];
}

/** JavaScript and TypeScript are never rendered: `{{` means something there. */
function prepare(ctx: BlockContext, fields: CodeFields): Prepared {
  const source = fields.language === 'python' ? renderPython(fields.code, ctx.scope) : fields.code;
  const mapping = { ...ctx.errorCodes, ...fields.error_code_mapping };
  const rendered = renderJson(mapping, ctx.scope, { keys: true });
  return { source, errorCodes: isJsonObject(rendered) ? Object.keys(rendered) : [] };
}

/** The failure in place of them says what is missing. */
async function namesOf(ctx: BlockContext): Promise<CodeVariables | BlockFailure> {
  try {
    return await codeVariables(ctx);
  } catch (error) {
    if (error instanceof BlockFailure) {
      return error;
    }
    throw error;
  }
}

async function outcomeOf(
  ctx: BlockContext,
  result: CodeResult,
  errorCodes: readonly string[],
): Promise<BlockResult> {
  switch (result.kind) {
    case 'returned':
      return {
        status: 'completed',
        output: await withDownloads(ctx, ctx.secrets.mask(result.value)),
      };
    case 'error_code':
      return errorCodes.includes(result.code)
        ? declaredError(result.code, cut(ctx, result.reasoning))
        : await failure(
            ctx,
            `ErrorCode: ${result.code} is not declared in the effective error_code_mapping`,
          );
    case 'raised':
      return await failure(ctx, `${result.type}: ${result.message}`);
    case 'misused':
      return misuse(cut(ctx, result.message));
    case 'terminated':
      return {
        ...(await failure(ctx, result.message)),
        status: 'terminated',
        failureReason: `CodeBlock terminated. ${cut(ctx, result.message)}`,
      };
    case 'refused':
      return { status: 'failed', failureReason: `Insecure code detected. ${result.message}` };
    case 'limit':
      return await failure(ctx, `${limitErrors[result.limit]}: ${result.message}`);
  }
}

const limitErrors = { time: 'TimeoutError', memory: 'MemoryError', output: 'OutputError' } as const;

function declaredError(code: string, reasoning: string): BlockResult {
  const error: RunError = {
    error_code: code,
    reasoning,
    confidence_float: 1,
    error_type: 'USER_DEFINED_ERROR',
  };
  return {
    status: 'failed',
    failureReason: reasoning,
    output: { status: 'failed', failure_reason: reasoning, errors: [{ ...error }] },
    errors: [error],
  };
}

function misuse(message: string): BlockResult {
  const failureReason = `Failed to execute code block. Reason: SyntaxError: ${message}`;
  return {
    status: 'failed',
    failureReason,
    output: { status: 'failed', failure_reason: failureReason, errors: [] },
  };
}

/** Leaves no output, unless files were downloaded before it went wrong. */
async function failure(ctx: BlockContext, reason: string): Promise<BlockResult> {
  const failureReason = `Failed to execute code block. Reason: ${cut(ctx, reason)}`;
  const files = await ctx.newFiles();
  return {
    status: 'failed',
    failureReason,
    ...(files.length === 0 ? {} : { output: downloads(files) }),
  };
}

function cut(ctx: BlockContext, text: string): string {
  return ctx.secrets.maskText(text).slice(0, maxReasonCharacters);
}

async function withDownloads(ctx: BlockContext, value: JsonValue): Promise<JsonValue> {
  const files = await ctx.newFiles();
  return isJsonObject(value) && files.length > 0 ? { ...value, ...downloads(files) } : value;
}
