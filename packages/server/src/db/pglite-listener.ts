import pg from 'pg';
import type { Logger } from 'pino';
import { Channels } from './channels.ts';
import type { Database } from './database.ts';

/** LISTEN on the one session of the embedded database: it outlives the clients of the pool. */
export function pgliteListener(pool: pg.Pool, log: Logger): Database['listen'] {
  const channels = new Channels(log);
  pool.on('connect', (client) =>
    client.on('notification', ({ channel, payload }) => channels.dispatch(channel, payload ?? '')),
  );
  return async (channel, onPayload) => {
    if (channels.add(channel, onPayload))
      await pool.query(`LISTEN ${pg.escapeIdentifier(channel)}`);
    return async () => {
      if (!channels.remove(channel, onPayload)) return;
      await pool.query(`UNLISTEN ${pg.escapeIdentifier(channel)}`);
    };
  };
}
