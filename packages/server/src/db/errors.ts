import { DrizzleQueryError } from 'drizzle-orm';
import pg from 'pg';

/** SQLSTATEs by which a server says that it is going away or full, beside class 08 (connection exceptions). */
const refusals = new Set(['57P01', '57P02', '57P03', '53300']);
const socketCodes = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
]);

/** A statement, or the opening of a connection for it, that the server never answered. */
class ConnectionLost extends Error {
  override readonly name = 'ConnectionLost';
}

/** The error of a driver as it is, unless no server said it. */
export function asLost(error: unknown): unknown {
  if (databaseError(error) !== null || isConnectionLost(error)) return error;
  const reason = error instanceof Error ? error.message : String(error);
  return new ConnectionLost(`The database did not answer: ${reason}`, { cause: error });
}

/** Whether a statement failed because of a unique index or primary key: any, or the one of that name. */
export function isUniqueViolation(error: unknown, constraintName?: string): boolean {
  const cause = databaseError(error);
  if (cause?.code !== '23505') return false;
  return constraintName === undefined || cause.constraint === constraintName;
}

/**
 * Whether the database was not reached or was lost under way, so that the same request may succeed later. For the edges
 * (HTTP, a job): in between the error travels as it is.
 */
export function isConnectionLost(error: unknown): boolean {
  const answered = databaseError(error);
  if (answered !== null) {
    return answered.code?.startsWith('08') === true || refusals.has(answered.code ?? '');
  }
  // A statement that failed without an answer of the server was never answered.
  if (error instanceof DrizzleQueryError || error instanceof ConnectionLost) return true;
  return error instanceof Error && socketCodes.has((error as NodeJS.ErrnoException).code ?? '');
}

/** Whether a statement was refused only because an earlier one of its transaction had failed. */
export const isAborted = (error: unknown): boolean => databaseError(error)?.code === '25P02';

function databaseError(error: unknown): pg.DatabaseError | null {
  if (error instanceof pg.DatabaseError) return error;
  return error instanceof Error && error.cause instanceof pg.DatabaseError ? error.cause : null;
}
