import { z } from 'zod';
import type { Upload } from '../capabilities/targets.ts';
import { BlockFailure } from '../errors.ts';
import { type BlockContext, defineBlock } from './block.ts';
import { folderUploads, uploadIdentity, uploadOf } from './storage/run-folder.ts';

const maxBytes = 100 * 1024 * 1024;
const folderName = /^(?:SKYVERN_DOWNLOAD_DIRECTORY|downloads)\/?$/;

const params = z.object({
  path: z
    .string()
    .nullable()
    .default(null)
    .describe(
      'A file, the key of a parameter that names one, or SKYVERN_DOWNLOAD_DIRECTORY for all files of the run.',
    ),
});

/** `upload_to_s3`: sends files of the run to the bucket of the server (blocks.md §4.13). */
export const uploadToS3 = defineBlock({
  type: 'upload_to_s3',
  summary: 'Sends files of the run to the bucket of the server.',
  needs: ['files', 'targets'],
  effect: 'external',
  params,
  rendered: { path: 'text' },
  // Names in the bucket follow from the run and the file: a repetition replaces what is there.
  isIdempotent: () => true,
  async run(ctx, fields) {
    const path = fields.path?.trim() ?? '';
    if (path === '') {
      throw new BlockFailure('UploadToS3Block path is required');
    }
    const named = ctx.value(path);
    const uploads = await uploadsAt(ctx, typeof named === 'string' ? named.trim() : path);
    if (uploads.length === 0) {
      return { status: 'completed', output: [] };
    }
    const uris = await ctx.targets.upload({ kind: 'platform' }, ctx.runId, uploads);
    return { status: 'completed', output: [...uris] };
  },
});

async function uploadsAt(ctx: BlockContext, path: string): Promise<readonly Upload[]> {
  if (folderName.test(path)) {
    return await folderUploads(ctx);
  }
  const files = await ctx.files.list();
  const file = files.find((candidate) => ctx.files.path(candidate) === path);
  if (file !== undefined) {
    return [uploadOf(ctx, file)];
  }
  const content = await ctx.files.read(path, { maxBytes });
  return [
    {
      source: { kind: 'content', content },
      name: content.filename,
      identity: uploadIdentity(ctx, content.filename),
    },
  ];
}
