import { z } from 'zod';
import { defineBlock } from './block.ts';
import { fileReference } from './fields/file-reference.ts';

const maxBytes = 512 * 1024 * 1024;

/** `pdf_parser`: the text of a PDF (blocks.md §4.12). The reference's default schema asks for an object under `output`. */
export const pdfParser = defineBlock({
  type: 'pdf_parser',
  summary: 'Reads the text of a PDF file.',
  needs: ['files', 'documents'],
  effect: 'none',
  params: z.object({
    file_url: z
      .string()
      .describe('Address or path of a file, the key of a parameter, or the output of a block.'),
    json_schema: z.record(z.string(), z.json()).nullable().default(null).describe('Needs a model.'),
  }),
  rendered: { file_url: 'json' },
  async run(ctx, fields) {
    if (fields.json_schema !== null) {
      const failureReason =
        'A json_schema needs a model, which comes with the agent and is not there yet. Without it the output is {"output": {"text": "…"}}.';
      return { status: 'failed', failureReason };
    }
    const file = await ctx.files.read(fileReference(ctx, fields.file_url), { maxBytes });
    const text = await ctx.documents.parse(file, 'pdf');
    return { status: 'completed', output: { output: { text } } };
  },
});
