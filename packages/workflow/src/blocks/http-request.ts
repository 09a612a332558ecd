import { HttpFailure, type HttpResponse } from '../capabilities/http.ts';
import { isJsonObject, type JsonValue } from '../json.ts';
import { type BlockContext, type BlockResult, defineBlock } from './block.ts';
import { answerBody, answerOutput, takeSecrets } from './http/answer.ts';
import { downloadAnswer } from './http/download.ts';
import { type HttpFields, httpFields, isHarmless } from './http/fields.ts';
import { outgoingRequest, type PreparedRequest, prepareRequest } from './http/request.ts';

const redacted = '[redacted: the answer may hold secrets]';
const maxReasonCharacters = 2000;

/** `http_request`: one HTTP request, its answer as output or as a file (blocks.md §4.10). */
export const httpRequest = defineBlock({
  type: 'http_request',
  summary: 'Sends an HTTP request.',
  needs: ['http', 'files'],
  effect: 'external',
  params: httpFields,
  rendered: {
    url: 'text',
    headers: 'json',
    body: 'json',
    files: 'json',
    download_filename: 'text',
  },
  isIdempotent: (fields) => fields.save_response_as_file || isHarmless(fields.method),
  async run(ctx, fields) {
    const named = ctx.value(fields.url ?? '');
    const url = typeof named === 'string' ? named : (fields.url ?? '').trim();
    if (url === '') {
      return { status: 'failed', failureReason: 'URL is required for HTTP request' };
    }
    const request = prepareRequest(ctx, { ...fields, url });
    if (!isWebAddress(request.url)) {
      return invalidUrl(ctx, `${request.url} is no http or https address`);
    }
    return fields.save_response_as_file
      ? await downloadAnswer(ctx, request, fields)
      : await send(ctx, request, fields);
  },
});

function isWebAddress(text: string): boolean {
  return URL.canParse(text) && /^https?:$/.test(new URL(text).protocol);
}

function invalidUrl(ctx: BlockContext, text: string): BlockResult {
  return { status: 'failed', failureReason: ctx.secrets.maskText(`Invalid URL format: ${text}`) };
}

async function send(
  ctx: BlockContext,
  request: PreparedRequest,
  fields: HttpFields,
): Promise<BlockResult> {
  const outgoing = await outgoingRequest(ctx, request, fields);
  try {
    return await answered(ctx, request, fields, await ctx.http.request(outgoing));
  } catch (error) {
    if (error instanceof HttpFailure) {
      return unanswered(ctx, error, fields.timeout);
    }
    throw error;
  }
}

async function answered(
  ctx: BlockContext,
  request: PreparedRequest,
  fields: HttpFields,
  response: HttpResponse,
): Promise<BlockResult> {
  const paths = fields.secret_response_paths ?? [];
  const body = answerBody(response);
  const success = response.status >= 200 && response.status <= 299;
  if (!success) {
    const shown = paths.length > 0 ? redacted : body;
    const output = answerOutput(ctx, request, { response, body: shown });
    return { status: 'failed', failureReason: statusReason(ctx, response.status, shown), output };
  }
  const secrets = takeSecrets(ctx, body, paths);
  if (secrets.kind === 'missing') {
    const output = answerOutput(ctx, request, { response, body: redacted });
    const failureReason = `The answer has no text at the secret_response_paths entry ${secrets.path}`;
    return { status: 'failed', failureReason, output };
  }
  if (secrets.tokens.length > 0) {
    await ctx.note({ secret_tokens: secrets.tokens });
  }
  return {
    status: 'completed',
    output: answerOutput(ctx, request, { response, body: secrets.body }),
  };
}

function statusReason(ctx: BlockContext, status: number, body: JsonValue): string {
  const text = isJsonObject(body) || Array.isArray(body) ? JSON.stringify(body) : String(body);
  return `HTTP ${status}: ${ctx.secrets.maskText(text).slice(0, maxReasonCharacters)}`;
}

function unanswered(ctx: BlockContext, failure: HttpFailure, timeout: number): BlockResult {
  const text = ctx.secrets.maskText(failure.message);
  switch (failure.kind) {
    case 'timeout':
      return {
        status: 'timed_out',
        failureReason: `Request timed out after ${timeout} seconds`,
        output: { error: 'Request timed out', error_type: 'timeout' },
      };
    case 'invalid_url':
      return invalidUrl(ctx, text);
    case 'blocked':
    case 'too_large':
    case 'unknown':
      return {
        status: 'failed',
        failureReason: `HTTP request failed: ${text}`,
        output: { error: text, error_type: 'unknown' },
      };
  }
}
