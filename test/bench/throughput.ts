import { sql } from 'drizzle-orm';
import { startLapwing } from '../support/lapwing.ts';
import { report, round } from './table.ts';

const count = 500;
/** Transactions that a run of one block makes at least: create, take, begin, finish, end. */
const transactionsOfARun = 5;

/** Runs of one block without a browser, all posted at once, over as many bare transactions as they need. */
export async function throughput(): Promise<void> {
  const lapwing = await startLapwing({ LAPWING_SLOTS: '20' });
  const workflow = await lapwing.createWorkflow({
    blocks: [
      { block_type: 'conditional', label: 'only', branch_conditions: [{ is_default: true }] },
    ],
  });
  const began = performance.now();
  await Promise.all(Array.from({ length: count }, () => lapwing.run(workflow)));
  const seconds = (performance.now() - began) / 1000;
  const { database } = lapwing.server.app;
  const rawBegan = performance.now();
  for (let index = 0; index < count * transactionsOfARun; index += 1) {
    await database.transaction(async (tx) => {
      await tx.execute(sql`update organizations set modified_at = now()`);
    });
  }
  const rawSeconds = (performance.now() - rawBegan) / 1000;
  await lapwing.close();
  const runs = count / seconds;
  const raw = count / rawSeconds;
  report(
    'throughput',
    [
      { what: 'runs a second', value: round(runs, 1) },
      { what: `the same as ${transactionsOfARun} bare transactions each`, value: round(raw, 1) },
    ],
    { runs_per_second: round(runs, 1), over_raw: round(raw / runs) },
  );
}
