import { z } from 'zod';
import { BlockFailure } from '../errors.ts';
import { type BlockContext, type BlockResult, defineBlock } from './block.ts';
import { parameterKeys } from './fields/parameter-keys.ts';
import { downloads } from './task/output.ts';

const params = z.object({
  include_timestamp: z
    .boolean()
    .default(true)
    .describe('Adds date, title, address and page numbers.'),
  custom_filename: z
    .string()
    .nullable()
    .default(null)
    .describe('Name of the file; page_{date}_{time}.pdf unless given.'),
  format: z.enum(['A4', 'Letter', 'Legal', 'Tabloid']).default('A4').describe('Paper.'),
  landscape: z.boolean().default(false).describe('Turns the paper.'),
  print_background: z
    .boolean()
    .default(true)
    .describe('Prints colours and pictures behind the text.'),
  parameter_keys: parameterKeys,
});

/** `print_page`: keeps the current page as a PDF (blocks.md §4.14). */
export const printPage = defineBlock({
  type: 'print_page',
  summary: 'Prints the current page to a PDF file.',
  needs: ['browser', 'files', 'clock'],
  effect: 'page',
  params,
  rendered: { custom_filename: 'text' },
  async run(ctx, fields) {
    try {
      return await print(ctx, fields);
    } catch (error) {
      if (error instanceof BlockFailure) {
        return { status: 'failed', failureReason: `Failed to generate PDF: ${error.message}` };
      }
      throw error;
    }
  },
});

async function print(ctx: BlockContext, fields: z.output<typeof params>): Promise<BlockResult> {
  const bytes = await ctx.browser.printPage({
    format: fields.format,
    landscape: fields.landscape,
    printBackground: fields.print_background,
    includeTimestamp: fields.include_timestamp,
  });
  const filename = pdfName(fields.custom_filename) ?? `page_${stamp(ctx.clock.now())}.pdf`;
  const file = await ctx.files.save({ filename, contentType: 'application/pdf', bytes });
  const output = {
    filename: file.filename,
    file_path: ctx.files.path(file),
    size_bytes: file.file_size,
    artifact_uri: file.url,
    artifact_url: file.url,
    ...downloads([file]),
  };
  return { status: 'completed', output };
}

/** Letters, digits and a few signs only: the name may come from a template. Null when nothing is left of it. */
function pdfName(wanted: string | null): string | null {
  const safe = (wanted ?? '')
    .replace(/\.pdf$/i, '')
    .replace(/[^\p{L}\p{N} ._()-]+/gu, '_')
    .replace(/^[ ._]+|[ ._]+$/g, '')
    .slice(0, 200);
  return safe === '' ? null : `${safe}.pdf`;
}

/** `YYYYmmdd_HHMMSS`, UTC. */
function stamp(now: Date): string {
  const digits = now.toISOString().replace(/\D/g, '');
  return `${digits.slice(0, 8)}_${digits.slice(8, 14)}`;
}
