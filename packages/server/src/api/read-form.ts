import type { FastifyRequest } from 'fastify';
import { LapwingError } from '../errors.ts';

/** A file of a form, whole. */
export interface SentFile {
  readonly filename: string;
  readonly contentType: string;
  readonly bytes: Uint8Array;
}

function refuse(type: string, loc: string[], msg: string, cause?: unknown): never {
  throw new LapwingError('validation_failed', msg, { issues: [{ type, loc, msg }], cause });
}

/** What a form may have besides its file: its other fields, and what stands between them. */
const formBytes = 300_000;

/** What can be refused before the form is read. */
function assertReadable(request: FastifyRequest, maxBytes: number): void {
  if (!request.isMultipart()) {
    refuse('value_error', ['header', 'content-type'], 'Value error, send multipart/form-data');
  }
  if (Number(request.headers['content-length']) > maxBytes + formBytes) {
    throw new LapwingError(
      'body_too_large',
      `The request body is too large: a file may have ${maxBytes} bytes`,
    );
  }
}

/**
 * Reads a form with one file in its field `file`.
 * @throws LapwingError `validation_failed` when it is none, is broken, or has no file; `body_too_large` when it says so
 *   itself, and fastify's error 413 when that is found out on the way.
 */
export async function readForm(
  request: FastifyRequest,
  maxBytes: number,
): Promise<{ readonly file: SentFile; readonly fields: Readonly<Record<string, string>> }> {
  assertReadable(request, maxBytes);
  const fields: Record<string, string> = Object.create(null);
  let file: SentFile | null = null;
  const limits = { fileSize: maxBytes, files: 1, fields: 20, fieldSize: 10_000 };
  try {
    for await (const part of request.parts({ limits })) {
      if (part.type === 'field') fields[part.fieldname] = String(part.value);
      else {
        const bytes = await part.toBuffer();
        const { filename, mimetype: contentType } = part;
        if (part.fieldname === 'file') file = { filename, contentType, bytes };
      }
    }
  } catch (error) {
    if (error instanceof Error && 'statusCode' in error) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    refuse('value_error', ['body'], `Value error, the form is broken: ${reason}`, error);
  }
  return { file: file ?? refuse('missing', ['body', 'file'], 'Field required'), fields };
}
