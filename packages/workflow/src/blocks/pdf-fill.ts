import { z } from 'zod';
import type { FilledPdf } from '../capabilities/pdf.ts';
import { BlockFailure } from '../errors.ts';
import { type BlockContext, type BlockResult, defineBlock } from './block.ts';
import { parameterKeys } from './fields/parameter-keys.ts';
import { madeFile, readPdf, stemOf } from './pdf/file.ts';
import { formValues } from './pdf/form-values.ts';
import { llmKey } from './task/llm-key.ts';
import { downloads } from './task/output.ts';

const needsAgent = 'needs a model, which comes with the agent and is not there yet';
const shownNames = 50;

/** `pdf_fill`: sets the fields of a PDF form (blocks.md §4.18). */
export const pdfFill = defineBlock({
  type: 'pdf_fill',
  summary: 'Fills in the form of a PDF file.',
  needs: ['files', 'pdf'],
  effect: 'none',
  params: z.object({
    file_url: z
      .string()
      .describe('Address or path of a file, the key of a parameter, or the output of a block.'),
    prompt: z.string().describe('Not read: the payload says what goes where.'),
    payload: z
      .union([z.record(z.string(), z.json()), z.array(z.json()), z.string()])
      .nullable()
      .default(null)
      .describe('Names of form fields to their values; true and false for check boxes.'),
    llm_key: llmKey,
    parameter_keys: parameterKeys,
  }),
  rendered: { file_url: 'json', prompt: 'text', payload: 'json' },
  renderFailure: () => ({ output: null }),
  async run(ctx, fields) {
    const values = fields.payload === null ? null : formValues(ctx, fields.payload);
    if (values === null) {
      const text = `PDF Fill failed: Filling in a form by a prompt ${needsAgent}. Give a payload that maps the names of its fields to values.`;
      throw new BlockFailure(text, { output: null });
    }
    const file = await readPdf(ctx, fields.file_url);
    const filled = await fill(() => ctx.pdf.fill(file, values));
    if (filled === null) {
      const text = `PDF Fill failed: ${file.filename} has no form fields. Writing on a flat PDF ${needsAgent}.`;
      throw new BlockFailure(text, { output: null });
    }
    return Object.keys(filled.fields).length === 0
      ? nothingFilled(filled)
      : await keep(ctx, filled, `${stemOf(file)}_filled.pdf`);
  },
});

async function fill<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof BlockFailure) {
      throw new BlockFailure(`PDF Fill failed: ${error.message}`, { output: null, cause: error });
    }
    throw error;
  }
}

function nothingFilled(filled: FilledPdf): BlockResult {
  const skipped = filled.skipped.map(({ name, reason }) => `${name} (${reason})`).join(', ');
  const names = filled.names.slice(0, shownNames).join(', ');
  return {
    status: 'failed',
    failureReason: `PDF Fill failed: nothing of the payload could be filled in: ${skipped}. Fields of the form: ${names}`,
    output: { fields: {}, skipped_fields: filled.skipped.map((field) => ({ ...field })) },
  };
}

async function keep(ctx: BlockContext, filled: FilledPdf, filename: string): Promise<BlockResult> {
  const file = await ctx.files.save({
    filename,
    contentType: 'application/pdf',
    bytes: filled.bytes,
  });
  const output = {
    fill_mode: 'acroform',
    fields: { ...filled.fields },
    skipped_fields: filled.skipped.map((field) => ({ ...field })),
    overflowed_placements: [],
    ...madeFile(ctx, file),
    ...downloads([file]),
  };
  return { status: 'completed', output };
}
