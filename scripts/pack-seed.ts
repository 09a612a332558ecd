import { fileURLToPath } from 'node:url';
import { packSeed } from '../packages/server/src/db/seed.ts';
import { createLog } from '../packages/server/src/lib/log.ts';
import { installQueue } from '../packages/server/src/queue/engine.ts';

/** Packs an empty, migrated database, so that the first start of a server need not make one. Quick when it is there. */
const seedPath = fileURLToPath(new URL('../node_modules/.cache/lapwing/seeds', import.meta.url));
const log = createLog({ level: 'silent' });
await packSeed({ seedPath, prepare: (database) => installQueue(database, log), log });
