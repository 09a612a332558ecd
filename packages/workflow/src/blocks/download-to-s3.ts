import { z } from 'zod';
import { BlockFailure } from '../errors.ts';
import { defineBlock } from './block.ts';
import { uploadIdentity } from './storage/run-folder.ts';

const maxBytes = 10 * 1024 * 1024;

const params = z.object({
  url: z
    .string()
    .describe('Address of a file of at most 10 MB, or the key of a parameter that has it.'),
});

/** `download_to_s3`: fetches a file into the bucket of the server (blocks.md §4.12). */
export const downloadToS3 = defineBlock({
  type: 'download_to_s3',
  summary: 'Fetches a file into the bucket of the server.',
  needs: ['files', 'targets'],
  effect: 'external',
  params,
  rendered: { url: 'text' },
  // The name in the bucket follows from the run and the block: a repetition replaces what is there.
  isIdempotent: () => true,
  async run(ctx, fields) {
    const named = ctx.value(fields.url.trim());
    const url = typeof named === 'string' ? named.trim() : fields.url.trim();
    if (url === '') {
      throw new BlockFailure('DownloadToS3Block url is required');
    }
    const content = await ctx.files.read(url, { maxBytes });
    const [uri] = await ctx.targets.upload({ kind: 'platform' }, ctx.runId, [
      {
        source: { kind: 'content', content },
        name: null,
        identity: uploadIdentity(ctx, 'download'),
      },
    ]);
    return { status: 'completed', output: uri ?? null };
  },
});
