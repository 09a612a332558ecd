import { z } from 'zod';
import type { StorageTarget, Upload } from '../capabilities/targets.ts';
import { BlockFailure } from '../errors.ts';
import { type BlockContext, defineBlock } from './block.ts';
import {
  destinationFields,
  destinationRendered,
  missingFields,
  type StorageType,
  storageNames,
  targetOf,
  withoutSecrets,
} from './storage/destination.ts';
import { folderUploads } from './storage/run-folder.ts';

const params = z.object({
  storage_type: z
    .enum(['s3', 'azure', 'google_drive', 'sftp'])
    .default('s3')
    .describe('Where the files go.'),
  ...destinationFields,
  azure_folder_path: z
    .string()
    .nullable()
    .default(null)
    .describe('Folder in the container, where path gives none.'),
  path: z
    .string()
    .nullable()
    .default(null)
    .describe(
      "Folder at the destination; the run's id unless given (SFTP: below sftp_remote_path).",
    ),
  prompt: z
    .string()
    .nullable()
    .default(null)
    .describe('Says which files to send; needs a model. Every file is sent without it.'),
});

type Fields = z.output<typeof params>;

/** `file_upload`: sends the files of the run to a storage outside (blocks.md §4.13). */
export const fileUpload = defineBlock({
  type: 'file_upload',
  summary: 'Sends the files of the run to S3, Azure Blob Storage, Google Drive or an SFTP server.',
  needs: ['files', 'targets'],
  effect: 'external',
  params,
  stored: { continue_on_empty: false },
  rendered: {
    ...destinationRendered,
    azure_folder_path: 'text',
    path: 'text',
    prompt: 'text',
  },
  // Names at the destination follow from the run and the file: a repetition replaces what is there.
  isIdempotent: () => true,
  async run(ctx, fields) {
    const { storage_type: type } = fields;
    const missing = missingFields(type, fields);
    if (missing.length > 0) {
      throw new BlockFailure(
        `Required block values are missing in the FileUploadBlock (label: ${ctx.visit.block.label}): ${missing.join(', ')}`,
      );
    }
    if (fields.prompt?.trim()) {
      throw new BlockFailure(
        'A prompt that chooses files needs a model, which comes with the agent and is not there yet. Remove the prompt to send every file of the run.',
      );
    }
    const uploads = await folderUploads(ctx);
    if (uploads.length === 0) {
      return { status: 'completed', output: [] };
    }
    const target = targetOf(ctx, type, fields);
    return { status: 'completed', output: await send(ctx, { type, target, fields }, uploads) };
  },
});

interface Destination {
  readonly type: StorageType;
  readonly target: StorageTarget;
  readonly fields: Fields;
}

async function send(
  ctx: BlockContext,
  { type, target, fields }: Destination,
  uploads: readonly Upload[],
): Promise<string[]> {
  try {
    return [...(await ctx.targets.upload(target, folderOf(ctx, type, fields), uploads))];
  } catch (error) {
    if (!(error instanceof BlockFailure)) {
      throw error;
    }
    const text = withoutSecrets(ctx, target, error.message);
    throw new BlockFailure(`Failed to upload file to ${storageNames[type]}: ${text}`);
  }
}

function folderOf(ctx: BlockContext, type: StorageType, fields: Fields): string {
  const path = fields.path?.trim() ?? '';
  const named = ctx.value(path);
  const folder = typeof named === 'string' ? named : path;
  switch (type) {
    case 's3':
      return folder || ctx.runId;
    case 'azure':
      return folder || fields.azure_folder_path?.trim() || ctx.runId;
    case 'google_drive':
      return '';
    case 'sftp':
      return [fields.sftp_remote_path?.trim(), folder].filter(Boolean).join('/');
  }
}
