import { z } from 'zod';
import type { DocumentType, FileContent } from '../capabilities/files.ts';
import { BlockFailure, type RunError } from '../errors.ts';
import { type BlockContext, type BlockResult, defineBlock } from './block.ts';
import { fileReference } from './fields/file-reference.ts';

const maxBytes = 512 * 1024 * 1024;

const params = z.object({
  file_url: z
    .string()
    .describe('Address or path of a file, the key of a parameter, or the output of a block.'),
  file_type: z
    .enum(['auto_detect', 'csv', 'excel', 'pdf', 'image', 'docx', 'zip'])
    .default('auto_detect')
    .describe('auto_detect and csv go by the content of the file.'),
  json_schema: z.record(z.string(), z.json()).nullable().default(null).describe('Needs a model.'),
});

/** `file_url_parser`: turns a file into data (blocks.md §4.12). */
export const fileUrlParser = defineBlock({
  type: 'file_url_parser',
  summary: 'Reads a CSV, Excel, PDF, Word, JSON or ZIP file as data.',
  needs: ['files', 'documents'],
  effect: 'none',
  params,
  rendered: { file_url: 'json' },
  renderFailure: (reason) => failureFields(reason),
  async run(ctx, fields) {
    if (fields.file_type === 'image' || fields.json_schema !== null) {
      const what = fields.json_schema === null ? 'Reading an image' : 'A json_schema';
      return failure(
        `Failed to extract data with AI: ${what} needs a model, which comes with the agent and is not there yet. Use a document type without json_schema.`,
      );
    }
    return await parse(ctx, fields.file_url, fields.file_type);
  },
});

async function parse(
  ctx: BlockContext,
  fileUrl: string,
  wanted: Exclude<z.output<typeof params>['file_type'], 'image'>,
): Promise<BlockResult> {
  let file: FileContent;
  try {
    file = await ctx.files.read(fileReference(ctx, fileUrl), { maxBytes });
  } catch (error) {
    return failure(`Failed to download or validate file: ${expected(error).message}`);
  }
  const type = documentType(ctx, file, wanted);
  if (type === null) {
    return failure(
      `Unsupported file type: ${file.filename} (${file.contentType ?? 'unknown content type'}) is none of csv, excel, pdf, docx, json, zip and text`,
    );
  }
  try {
    return { status: 'completed', output: await ctx.documents.parse(file, type) };
  } catch (error) {
    return failure(`Failed to parse ${type} file: ${expected(error).message}`);
  }
}

/** Workflows say `csv` for anything: the content decides, and a text that gives no hint is read as CSV. */
function documentType(
  ctx: BlockContext,
  file: FileContent,
  wanted: 'auto_detect' | 'csv' | 'excel' | 'pdf' | 'docx' | 'zip',
): DocumentType | null {
  if (wanted !== 'auto_detect' && wanted !== 'csv') {
    return wanted;
  }
  const found = ctx.documents.detect(file);
  return wanted === 'csv' && (found === null || found === 'text') ? 'csv' : found;
}

function failure(reason: string): BlockResult {
  return { status: 'failed', failureReason: reason, ...failureFields(reason) };
}

function failureFields(reason: string): Pick<BlockResult, 'output' | 'errors'> {
  const error: RunError = {
    error_code: 'FILE_PARSER_ERROR',
    reasoning: reason,
    confidence_float: 1,
  };
  return {
    output: { status: 'failed', failure_reason: reason, errors: [{ ...error }] },
    errors: [error],
  };
}

/** Lets bugs and stops pass. */
function expected(error: unknown): BlockFailure {
  if (error instanceof BlockFailure) {
    return error;
  }
  throw error;
}
