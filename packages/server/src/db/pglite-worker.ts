import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parentPort, workerData } from 'node:worker_threads';
import { PGlite } from '@electric-sql/pglite';
import { pg_trgm } from '@electric-sql/pglite/contrib/pg_trgm';
import { durableFiles } from './pglite-files.ts';
import {
  type PgliteReply,
  type PgliteRequest,
  type PgliteWorkerData,
  readyId,
} from './pglite-messages.ts';
import { syncTree } from './sync-tree.ts';

/** The thread of the embedded database: PostgreSQL's wire protocol in, its answers out, one message after the other. */

function startParameters(): string[] {
  const shipped = PGlite.defaultStartParams.filter((parameter) => parameter !== '-F');
  const settings = ['fsync=on', 'wal_sync_method=fsync', 'shared_buffers=16MB'];
  return [...shipped, ...settings.flatMap((setting) => ['-c', setting])];
}

async function start({ directory, seedFile }: PgliteWorkerData): Promise<PGlite> {
  const isNew = !existsSync(join(directory, 'PG_VERSION'));
  const seed = isNew && seedFile !== null ? new Blob([readFileSync(seedFile)]) : undefined;
  let started = false;
  const database = await PGlite.create({
    fs: durableFiles(directory, { isNeeded: () => started || !isNew }),
    startParams: startParameters(),
    extensions: { pg_trgm },
    ...(seed === undefined ? {} : { loadDataDir: seed }),
  });
  // Its thousand first files go to the disk at once: one after the other takes many times as long.
  if (isNew) await syncTree(directory);
  started = true;
  return database;
}

/**
 * Sends protocol messages and gives the answer as it comes. PGlite's other ways of asking parse each answer and keep what
 * they found until they are asked by its own API, which nobody does here: every row ever read would stay in memory.
 */
async function exchange(database: PGlite, bytes: Uint8Array): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  await database.execProtocolRawStream(bytes, {
    syncToFs: false,
    // It is a view of the memory of PostgreSQL.
    onRawData: (part) => parts.push(part.slice()),
  });
  const [only] = parts;
  if (parts.length === 1 && only !== undefined) return only;
  const answer = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let end = 0;
  for (const part of parts) {
    answer.set(part, end);
    end += part.length;
  }
  return answer;
}

async function handle(database: PGlite, request: PgliteRequest): Promise<Uint8Array> {
  switch (request.kind) {
    case 'protocol':
      return exchange(database, request.bytes);
    case 'connect':
      if (database.isInTransaction()) await database.exec('ROLLBACK');
      await database.exec('DEALLOCATE ALL');
      return exchange(database, request.bytes);
    case 'pack':
      await database.exec('CHECKPOINT');
      return new Uint8Array(await (await database.dumpDataDir('gzip')).arrayBuffer());
    case 'close':
      await database.close();
      return new Uint8Array();
    default:
      return request satisfies never;
  }
}

async function main(port: NonNullable<typeof parentPort>): Promise<void> {
  const database = await start(workerData as PgliteWorkerData);
  let last = Promise.resolve();
  port.on('message', (request: PgliteRequest) => {
    last = last.then(async () => {
      try {
        const bytes = await handle(database, request);
        port.postMessage({ id: request.id, bytes } satisfies PgliteReply, [
          bytes.buffer as ArrayBuffer,
        ]);
      } catch (error) {
        port.postMessage({ id: request.id, error: String(error) } satisfies PgliteReply);
      }
      if (request.kind === 'close') port.close();
    });
  });
  port.postMessage({ id: readyId, bytes: new Uint8Array() } satisfies PgliteReply);
}

if (parentPort === null) throw new Error('This file is the entry of a worker thread');
await main(parentPort);
