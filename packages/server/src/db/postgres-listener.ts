import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import type { Logger } from 'pino';
import { Channels } from './channels.ts';

/** How a connection is made: an address, and what it calls itself. */
export type Connect = () => pg.Client;

const firstRetryMs = 200;
const lastRetryMs = 10_000;
const probeMs = 20_000;

/** One connection for LISTEN alone, made again with all its channels when it is lost. */
export class PostgresListener {
  readonly #connect: Connect;
  readonly #log: Logger;
  readonly #channels: Channels;
  readonly #closing = new AbortController();
  #client: Promise<pg.Client> | null = null;
  #connected: pg.Client | null = null;

  constructor(connect: Connect, log: Logger) {
    this.#connect = connect;
    this.#log = log;
    this.#channels = new Channels(log);
  }

  /** Resolves when the channel is listened to. What is sent while the connection is away is lost: poll beside it. */
  async listen(
    channel: string,
    onPayload: (payload: string) => void,
  ): Promise<() => Promise<void>> {
    const isNew = this.#channels.add(channel, onPayload);
    this.#client ??= this.#open();
    const opening = this.#client;
    try {
      const client = await opening;
      if (isNew) await client.query(`LISTEN ${pg.escapeIdentifier(channel)}`);
    } catch (error) {
      this.#channels.remove(channel, onPayload);
      // A first connection that failed is not tried again by itself: the next caller does.
      if (this.#client === opening) this.#client = null;
      throw error;
    }
    return async () => {
      if (!this.#channels.remove(channel, onPayload)) return;
      // A connection that is lost, or is being made anew, knows the channel no more.
      await this.#connected?.query(`UNLISTEN ${pg.escapeIdentifier(channel)}`).catch(() => {});
    };
  }

  async close(): Promise<void> {
    this.#closing.abort();
    const client = await this.#client?.catch(() => null);
    await client?.end();
  }

  async #open(): Promise<pg.Client> {
    const client = this.#connect();
    client.on('notification', ({ channel, payload }) =>
      this.#channels.dispatch(channel, payload ?? ''),
    );
    client.on('error', (error) =>
      this.#log.warn({ err: error }, 'The connection for notifications was lost'),
    );
    try {
      await client.connect();
      for (const channel of this.#channels.names) {
        await client.query(`LISTEN ${pg.escapeIdentifier(channel)}`);
      }
    } catch (error) {
      await client.end().catch(() => {});
      throw error;
    }
    this.#connected = client;
    const probe = setInterval(() => {
      // A connection that went away without a word fails its probe, which ends it.
      client.query({ text: 'select 1', query_timeout: probeMs / 2 } as pg.QueryConfig).catch(() => {
        client.end().catch(() => {});
      });
    }, probeMs);
    probe.unref();
    client.once('end', () => {
      clearInterval(probe);
      this.#connected = null;
      if (!this.#closing.signal.aborted) this.#client = this.#reopen();
    });
    return client;
  }

  async #reopen(): Promise<pg.Client> {
    for (let wait = firstRetryMs; ; wait = Math.min(wait * 2, lastRetryMs)) {
      await delay(wait, undefined, { signal: this.#closing.signal });
      try {
        return await this.#open();
      } catch (error) {
        this.#log.warn({ err: error }, 'The connection for notifications is not back yet');
      }
    }
  }
}
