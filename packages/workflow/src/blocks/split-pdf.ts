import { z } from 'zod';
import type { StoredFile } from '../capabilities/files.ts';
import type { SplitPart, SplitPdf } from '../capabilities/pdf.ts';
import { BlockFailure } from '../errors.ts';
import type { JsonObject } from '../json.ts';
import { type BlockContext, type BlockResult, defineBlock } from './block.ts';
import { parameterKeys } from './fields/parameter-keys.ts';
import { madeFile, readPdf, safeName, stemOf } from './pdf/file.ts';
import { type PlannedPart, pagePlan, pagesText } from './pdf/page-plan.ts';
import { llmKey } from './task/llm-key.ts';
import { downloads } from './task/output.ts';

/** `split_pdf`: makes several PDF files of the pages of one (blocks.md §4.18). */
export const splitPdf = defineBlock({
  type: 'split_pdf',
  summary: 'Splits a PDF file by pages.',
  needs: ['files', 'pdf'],
  effect: 'none',
  params: z.object({
    file_url: z
      .string()
      .describe('Address or path of a file, the key of a parameter, or the output of a block.'),
    prompt: z
      .string()
      .describe(
        'Pages of each document: 1-2, 3, 4- or JSON such as [{"name": "Invoice", "pages": "1-2"}].',
      ),
    llm_key: llmKey,
    parameter_keys: parameterKeys,
  }),
  rendered: { file_url: 'json', prompt: 'text' },
  renderFailure: () => ({ output: null }),
  async run(ctx, fields) {
    const plan = pagePlan(fields.prompt);
    if ('problem' in plan) {
      const text = `PDF split failed: the prompt is no page list (${plan.problem}), and splitting by a description needs a model, which comes with the agent and is not there yet. Write pages as 1-2, 3, 4- or as [{"name": "Invoice", "pages": "1-2"}].`;
      throw new BlockFailure(text, { output: null });
    }
    const file = await readPdf(ctx, fields.file_url);
    const split = await parts(() =>
      ctx.pdf.split(
        file,
        plan.map(({ pages }) => pages),
      ),
    );
    return await keep(ctx, { plan, split, stem: stemOf(file) });
  },
});

async function parts<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof BlockFailure) {
      throw new BlockFailure(`PDF split failed: ${error.message}`, { output: null, cause: error });
    }
    throw error;
  }
}

interface Split {
  readonly plan: readonly PlannedPart[];
  readonly split: SplitPdf;
  readonly stem: string;
}

async function keep(ctx: BlockContext, { plan, split, stem }: Split): Promise<BlockResult> {
  const files: StoredFile[] = [];
  const documents: JsonObject[] = [];
  const skipped: JsonObject[] = [];
  for (const [index, part] of plan.entries()) {
    const made = split.parts[index] ?? null;
    if (made === null) {
      skipped.push(skippedPart(part, split.pageCount));
      continue;
    }
    const name =
      safeName(part.name ?? '') ?? `${stem}_${pagesText(part.pages).replaceAll(', ', '_')}`;
    const bytes = made.bytes;
    const file = await ctx.files.save({
      filename: `${name}.pdf`,
      contentType: 'application/pdf',
      bytes,
    });
    files.push(file);
    documents.push({ name: part.name ?? name, folder: part.folder, ...document(ctx, made, file) });
  }
  if (documents.length === 0) {
    return {
      status: 'failed',
      failureReason: `PDF split failed: the document has ${split.pageCount} pages, and no part of the plan is among them`,
      output: { documents, skipped },
    };
  }
  const output = {
    documents,
    document_count: documents.length,
    skipped,
    source_page_count: split.pageCount,
    ...downloads(files),
  };
  return { status: 'completed', output };
}

function document(ctx: BlockContext, made: SplitPart, file: StoredFile): JsonObject {
  return {
    page_range: [made.firstPage, made.lastPage],
    page_count: made.pageCount,
    ...madeFile(ctx, file),
    artifact_id: file.artifact_id,
  };
}

function skippedPart(part: PlannedPart, pageCount: number): JsonObject {
  return {
    name: part.name,
    pages: pagesText(part.pages),
    reason: `the document has ${pageCount} pages`,
  };
}
