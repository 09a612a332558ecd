import { z } from 'zod';
import type { BlockContext, BlockResult } from './block.ts';
import { destinationFields, destinationRendered, missingFields } from './storage/destination.ts';
import { failWithoutAgent } from './task/agent-missing.ts';
import { agentFields, downloadFields, pageFields, totpFields } from './task/fields.ts';
import { defineTaskBlock } from './task/task-block.ts';

const params = z.object({
  navigation_goal: z.string().describe('What to download, in words.'),
  ...pageFields,
  download_suffix: downloadFields.download_suffix,
  download_timeout: z.number().nullable().default(null).describe('Seconds; 600 unless given.'),
  download_target: z
    .enum(['website', 's3', 'azure', 'google_drive', 'sftp'])
    .default('website')
    .describe('website: the files stay with the run. Else they are sent there too.'),
  ...destinationFields,
  path: z.string().nullable().default(null).describe('Folder at the target.'),
  prompt: z.string().nullable().default(null).describe('Which of the new files are sent.'),
  continue_on_empty: z.boolean().default(false).describe('Kept, but without effect here.'),
  ...totpFields,
  ...agentFields,
});

/** `file_download`: downloads files from a website (blocks.md §4.6). */
export const fileDownload = defineTaskBlock({
  type: 'file_download',
  summary: 'Downloads a file from a website by AI.',
  params,
  stored: {
    complete_on_download: true,
    complete_verification: true,
    include_action_history_in_verification: true,
  },
  rendered: { ...destinationRendered, path: 'text', prompt: 'text' },
  async run(ctx, fields) {
    const reason = targetProblem(ctx, fields);
    if (reason !== null) {
      const failed: BlockResult = { status: 'failed', failureReason: reason, output: null };
      return failed;
    }
    return await failWithoutAgent(ctx, 'file_download', fields);
  },
});

/** Why files could not be sent where they should go; null when they stay or could. */
function targetProblem(ctx: BlockContext, fields: z.output<typeof params>): string | null {
  if (fields.download_target === 'website') {
    return null;
  }
  const missing = missingFields(fields.download_target, fields);
  if (missing.length > 0) {
    return `Required block values are missing in the FileDownloadBlock (label: ${ctx.visit.block.label}): ${missing.join(', ')}`;
  }
  const named = ctx.value(fields.url ?? '');
  const url = typeof named === 'string' ? named : (fields.url ?? '');
  return isDriveFile(url) && (fields.google_credential_id ?? '') !== ''
    ? 'Failed to download file from Google Drive: this version of Lapwing cannot read from Google Drive yet.'
    : null;
}

/** Whether this is the link of a file, as against that of a folder or of a document made in Google's editors. */
function isDriveFile(text: string): boolean {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url?.hostname !== 'drive.google.com') {
    return false;
  }
  const { pathname, searchParams } = url;
  return (
    /^\/file\/(u\/\d+\/)?d\/[^/]+/.test(pathname) ||
    (/^\/(open|uc)$/.test(pathname) && searchParams.has('id'))
  );
}
