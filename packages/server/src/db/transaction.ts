import { NodePgSession, NodePgTransaction } from 'drizzle-orm/node-postgres';
import { PgDialect } from 'drizzle-orm/pg-core';
import type pg from 'pg';
import type { Sql } from './database.ts';
import { asLost, isAborted } from './errors.ts';

type NoSchema = Record<string, never>;

const dialect = new PgDialect();

/** Statements of open transactions, by handle, whose answers only the commit waits for. */
const unanswered = new WeakMap<Sql, Promise<unknown>[]>();

/**
 * Sends a statement, as part of the transaction that the handle is of, if it is of any: the commit then waits for its
 * answer, and fails as it fails. Otherwise this waits for it.
 */
export async function sendAlong(handle: Sql, statement: PromiseLike<unknown>): Promise<void> {
  const statements = unanswered.get(handle);
  if (statements === undefined) await statement;
  else statements.push(begun(statement));
}

/**
 * Does `work` in a transaction on a connection that does not wait for one answer before it sends the next statement:
 * `begin` goes out together with the first statement, `commit` with all that was sent along.
 */
export async function transaction<T>(pool: pg.Pool, work: (tx: Sql) => Promise<T>): Promise<T> {
  const client = await pool.connect().catch((error: unknown) => {
    throw asLost(error);
  });
  const session = new NodePgSession<NoSchema, NoSchema>(client, dialect, undefined);
  const tx = new NodePgTransaction<NoSchema, NoSchema>(dialect, session, undefined);
  const statements = [begun(client.query('begin'))];
  unanswered.set(tx, statements);
  try {
    const result = await work(tx).catch(async (error: unknown) => {
      // Why the server takes no more statements, it said to one that was sent along.
      if (isAborted(error)) await answers(statements);
      throw error;
    });
    const committing = client.query('commit');
    await answers([...statements, begun(committing)]);
    // A server that was told to commit what had failed takes it back, and does not call that an error.
    const { command } = await committing;
    if (command !== 'COMMIT') throw new Error(`The transaction ended with ${command}`);
    return result;
  } catch (error) {
    await client.query('rollback').catch(() => {});
    throw error;
  } finally {
    unanswered.delete(tx);
    client.release();
  }
}

/** Sends what is sent when somebody asks for its answer. Its failure is for whoever waits for it. */
function begun<T>(statement: PromiseLike<T>): Promise<T> {
  const answer = Promise.resolve(statement.then((value) => value));
  answer.catch(() => {});
  return answer;
}

/** Waits for the answers, in the order in which the statements were sent. */
async function answers(statements: readonly Promise<unknown>[]): Promise<void> {
  try {
    for (const statement of statements) await statement;
  } catch (error) {
    throw asLost(error);
  }
}
