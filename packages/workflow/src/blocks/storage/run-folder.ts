import type { StoredFile } from '../../capabilities/files.ts';
import type { Upload } from '../../capabilities/targets.ts';
import { BlockFailure } from '../../errors.ts';
import type { BlockContext } from '../block.ts';

const maxFiles = 300;

/**
 * All files of the run, ready to be sent.
 * @throws BlockFailure when there are more than 300
 */
export async function folderUploads(ctx: BlockContext): Promise<readonly Upload[]> {
  const files = await ctx.files.list();
  if (files.length > maxFiles) {
    throw new BlockFailure(
      `Too many files in the run download directory: ${files.length}. At most ${maxFiles} are sent; name single files, or make fewer in one run.`,
    );
  }
  return files.map((file) => uploadOf(ctx, file));
}

/** One file of the run, ready to be sent. */
export function uploadOf(ctx: BlockContext, file: StoredFile): Upload {
  return {
    source: { kind: 'file', file },
    name: file.filename,
    identity: uploadIdentity(ctx, file.artifact_id),
  };
}

/** The same for the same visit of the same run, however often it is begun. */
export function uploadIdentity(ctx: BlockContext, what: string): string {
  return `${ctx.runId}/${ctx.visit.path}/${what}`;
}
