import { z } from 'zod';
import { runLoop } from '../interpreter/loop.ts';
import { isJsonObject, type JsonValue } from '../json.ts';
import { TemplateError } from '../templates/errors.ts';
import { evaluateExpression } from '../templates/templates.ts';
import { type BlockContext, defineBlock } from './block.ts';

const params = z.object({
  loop_blocks: z.array(z.looseObject({})).describe('Blocks of any type, loops included.'),
  loop_over_parameter_key: z
    .string()
    .default('')
    .describe('Key of a parameter or an output that holds the list.'),
  loop_variable_reference: z
    .string()
    .nullable()
    .default(null)
    .describe('The list as an expression, with or without braces; wins over the key.'),
  complete_if_empty: z
    .boolean()
    .default(false)
    .describe('An empty list completes the block; else it ends terminated.'),
  data_schema: z
    .union([z.record(z.string(), z.json()), z.string()])
    .nullable()
    .default(null)
    .describe('Shape of one value, where a model finds them: needs the agent.'),
});

/** `for_loop`: runs its blocks once for each value of a list (blocks.md §4.5). */
export const forLoop = defineBlock({
  type: 'for_loop',
  summary: 'Repeats its blocks for each value of a list.',
  needs: [],
  effect: 'none',
  loop: true,
  crashText: 'Loop block execution failed.',
  params,
  rendered: {},
  async run(ctx, fields) {
    const found = findValues(ctx, fields);
    if ('failureReason' in found) {
      return { status: 'failed', failureReason: found.failureReason };
    }
    const { values } = found;
    if (values.length === 0) {
      return fields.complete_if_empty
        ? { status: 'completed', output: [] }
        : {
            status: 'terminated',
            failureReason: 'No iterable value found for the loop block',
            output: [],
          };
    }
    if (ctx.notes.values === undefined) {
      await ctx.note({ values });
    }
    const result = await runLoop(ctx, {
      recordsValues: true,
      next(index) {
        const value = values[index];
        return value === undefined ? { kind: 'end' } : { kind: 'item', value };
      },
      enter: (item) => ctx.body.setContextParameters(fields.loop_over_parameter_key, item),
    });
    return { ...result, details: { ...result.details, loop_values: values } };
  },
});

type Found = { readonly values: readonly JsonValue[] } | { readonly failureReason: string };

function findValues(ctx: BlockContext, fields: z.output<typeof params>): Found {
  if (Array.isArray(ctx.notes.values)) {
    return { values: ctx.notes.values };
  }
  const reference = fields.loop_variable_reference?.trim() ?? '';
  if (reference !== '') {
    return valuesOfReference(ctx, reference);
  }
  return { values: asList(unwrapped(ctx.value(fields.loop_over_parameter_key))) };
}

/** An output is looped over by what it extracted. */
function unwrapped(value: JsonValue | undefined): JsonValue | undefined {
  return isJsonObject(value) && value.extracted_information !== undefined
    ? value.extracted_information
    : value;
}

/** Other than in the reference, null is no value rather than a list of one null. */
function asList(value: JsonValue | undefined): readonly JsonValue[] {
  if (value === undefined || value === null) {
    return [];
  }
  return Array.isArray(value) ? value : [value];
}

const fallbacks = ['', '.extracted_information', '.extracted_information.results', '.results'];

function valuesOfReference(ctx: BlockContext, reference: string): Found {
  const bare = reference.replace(/^\{\{|\}\}$/g, '').trim();
  const hasBraces = bare !== reference;
  let failure: TemplateError | null = null;
  for (const fallback of hasBraces ? [''] : fallbacks) {
    try {
      const value = evaluateExpression(`${bare}${fallback}`, ctx.scope);
      if (value !== undefined && value !== null) {
        return { values: asList(value) };
      }
    } catch (error) {
      if (!(error instanceof TemplateError)) {
        throw error;
      }
      failure ??= fallback === '' ? error : null;
    }
  }
  return failure === null ? { values: [] } : { failureReason: failureText(bare, failure) };
}

function failureText(reference: string, failure: TemplateError): string {
  const isPlainLanguage =
    failure.kind === 'syntax' && !reference.includes('extracted_information.');
  return isPlainLanguage
    ? `Failed to get loop values. "${reference}" is no expression; values described in plain language need the agent, which is not there yet. Name a list, like {{ orders_output.rows }}.`
    : `Failed to get loop values. ${failure.message}`;
}
