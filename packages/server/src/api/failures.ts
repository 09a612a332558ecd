import type { FastifyError } from 'fastify';
import { LapwingError } from '../errors.ts';

export interface Failure {
  readonly status: number;
  readonly body: object;
}

/** What fastify itself refuses before a handler is reached. */
function refusedByFastify(error: FastifyError): Failure | null {
  if (error.statusCode === 413)
    return { status: 413, body: { detail: `The request body is too large: ${error.message}` } };
  if (error.statusCode === 415) {
    return {
      status: 422,
      body: {
        detail: [{ type: 'value_error', loc: ['header', 'content-type'], msg: error.message }],
      },
    };
  }
  if (error.statusCode !== undefined && error.statusCode < 500) {
    return { status: error.statusCode, body: { detail: error.message } };
  }
  return null;
}

/**
 * Status and body of an error (reference: api.md §3).
 * @param isUnavailable Tells errors of a database that was not reached from all others.
 */
export function failureOf(error: unknown, isUnavailable: (error: unknown) => boolean): Failure {
  if (isUnavailable(error)) {
    return { status: 503, body: { detail: 'The database cannot be reached now: try again' } };
  }
  if (error instanceof LapwingError) {
    return { status: error.facts.status, body: { detail: error.issues ?? error.message } };
  }
  const refused = error instanceof Error ? refusedByFastify(error as FastifyError) : null;
  if (refused !== null) return refused;
  const name = error instanceof Error ? error.constructor.name : typeof error;
  return { status: 500, body: { error: `Unexpected error: ${name}` } };
}
