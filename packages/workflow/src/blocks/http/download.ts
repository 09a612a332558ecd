import { HttpFailure, type HttpResponse } from '../../capabilities/http.ts';
import type { BlockContext, BlockResult } from '../block.ts';
import type { HttpFields } from './fields.ts';
import type { PreparedRequest } from './request.ts';

const maxMegabytes = 500;

/** Keeps what an address answers as a file of the run: method and body are not used (blocks.md §4.10). */
export async function downloadAnswer(
  ctx: BlockContext,
  request: PreparedRequest,
  fields: HttpFields,
): Promise<BlockResult> {
  let response: HttpResponse;
  try {
    response = await ctx.http.request({
      method: 'GET',
      url: request.url,
      headers: request.headers,
      body: { kind: 'none' },
      timeoutSeconds: fields.timeout,
      followRedirects: fields.follow_redirects,
      maxBytes: maxMegabytes * 1024 * 1024,
    });
  } catch (error) {
    if (error instanceof HttpFailure) {
      return downloadFailure(ctx, error);
    }
    throw error;
  }
  if (response.status < 200 || response.status > 299) {
    const reason = `HTTP ${response.status}`;
    return failed(reason, reason, 'http_error');
  }
  const file = await ctx.files.save({
    filename: fields.download_filename || filenameOf(response),
    contentType: response.headers['content-type'] ?? null,
    bytes: response.body,
  });
  const output = {
    file_path: ctx.files.path(file),
    file_name: file.filename,
    file_size: file.file_size,
  };
  return { status: 'completed', output };
}

function downloadFailure(ctx: BlockContext, failure: HttpFailure): BlockResult {
  if (failure.kind === 'too_large') {
    const reason = `File exceeds maximum size of ${maxMegabytes}MB`;
    return failed(reason, reason, 'file_too_large');
  }
  const text = ctx.secrets.maskText(failure.message);
  return failed(`File download failed: ${text}`, text, 'unknown');
}

function failed(failureReason: string, error: string, errorType: string): BlockResult {
  return { status: 'failed', failureReason, output: { error, error_type: errorType } };
}

/** The name that the server gives, else the last part of the address. */
function filenameOf(response: HttpResponse): string {
  const disposition = response.headers['content-disposition'] ?? '';
  const encoded = /filename\*=(?:UTF-8|utf-8)''([^;]+)/.exec(disposition)?.[1];
  const plain = /filename="?([^";]+)/i.exec(disposition)?.[1];
  const fromPath = new URL(response.url).pathname.split('/').at(-1);
  return decoded(encoded) || plain?.trim() || decoded(fromPath) || 'download';
}

function decoded(text: string | undefined): string {
  try {
    return decodeURIComponent(text ?? '');
  } catch {
    return text ?? '';
  }
}
