import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cache, innerEnv, root } from './places.mjs';
import { runStep, say } from './terminal.mjs';

const migrations = join(root, 'packages', 'server', 'src', 'db', 'migrations');
const stampFile = join(cache, 'seeded');

/** Names of migrations change with what they make. */
function stamp() {
  const names = readdirSync(migrations, { recursive: true }).map(String).sort();
  const lock = readFileSync(join(root, 'package-lock.json'));
  return createHash('sha256').update(names.join('\n')).update(lock).digest('hex');
}

/** Whether a packed database for a quick first start is there. */
export function isSeeded() {
  return existsSync(stampFile) && readFileSync(stampFile, 'utf8') === stamp();
}

/** Packs one. It only saves time, so without it the set-up goes on. */
export async function packSeed() {
  const step = await runStep('Preparing the database', 'node', ['scripts/pack-seed.ts'], {
    cwd: root,
    env: innerEnv(),
  });
  if (step.code === 0) writeFileSync(stampFile, stamp());
  else say(`${step.output}\nThe first start will take a little longer.`);
}
