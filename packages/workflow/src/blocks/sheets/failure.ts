import { SheetsFailure } from '../../capabilities/sheets.ts';
import { BlockFailure } from '../../errors.ts';
import type { BlockContext, BlockResult } from '../block.ts';

/**
 * Runs the work of a block and turns what goes wrong into the outputs of the reference.
 * @param what `read` or `write`, for the text
 */
export async function reported(
  ctx: BlockContext,
  block: { readonly what: 'read' | 'write'; readonly credentialId: string | null },
  work: () => Promise<BlockResult>,
): Promise<BlockResult> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof SheetsFailure) {
      return ofApi(error, block);
    }
    if (error instanceof BlockFailure) {
      return other(`Google Sheets ${block.what} failed: ${error.message}`, error.message);
    }
    ctx.signal.throwIfAborted();
    throw error;
  }
}

function ofApi(
  failure: SheetsFailure,
  block: { readonly what: string; readonly credentialId: string | null },
): BlockResult {
  const { message, status, code } = failure;
  const output = { status_code: status, code, error: message };
  switch (failure.kind) {
    case 'not_set_up': {
      const id = block.credentialId?.trim() ?? '';
      const account =
        id === ''
          ? 'Google credential_id is required'
          : `The Google account ${id} cannot be used: the credential vault is not there yet`;
      return other(`${account}. ${message}`, message);
    }
    case 'login':
      return {
        status: 'failed',
        failureReason: `Reconnect the Google account: ${message}`,
        output,
      };
    case 'api':
      return {
        status: 'failed',
        failureReason: `Google Sheets ${block.what} failed: ${message}`,
        output,
      };
    case 'other':
      return other(`Google Sheets ${block.what} failed: ${message}`, message);
  }
}

function other(failureReason: string, error: string): BlockResult {
  return { status: 'failed', failureReason, output: { error, error_type: 'unknown' } };
}
