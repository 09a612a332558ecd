import { sql } from 'drizzle-orm';
import { startLapwing } from '../support/lapwing.ts';
import { percentile, report, round } from './table.ts';

const count = 200;

/** From sending POST to the start of the first block, by the row's own clock, one run after another. */
export async function start(): Promise<void> {
  const lapwing = await startLapwing({ LAPWING_RECORDING: 'off', LAPWING_WARM_BROWSERS: '1' });
  const workflow = await lapwing.createWorkflow({
    blocks: [
      { block_type: 'conditional', label: 'first', branch_conditions: [{ is_default: true }] },
    ],
  });
  const { database } = lapwing.server.app;
  const waits: number[] = [];
  for (let index = 0; index < count + 20; index += 1) {
    const sent = Date.now();
    const run = await lapwing.run(workflow);
    const timeline = (await lapwing.request('GET', `/v1/runs/${run.run_id}/timeline`)).body;
    const begun = Date.parse(`${timeline[0].block.created_at}Z`);
    if (index >= 20) waits.push(begun - sent);
  }
  const commits: number[] = [];
  for (let index = 0; index < count; index += 1) {
    const began = performance.now();
    await database.sql.execute(sql`update organizations set modified_at = now()`);
    commits.push(performance.now() - began);
  }
  await lapwing.close();
  const figures = (values: readonly number[]) => ({
    p50: round(percentile(values, 0.5)),
    p99: round(percentile(values, 0.99)),
  });
  const run = figures(waits);
  const commit = figures(commits);
  report(
    'start',
    [
      { what: 'POST to first block, ms', ...run },
      { what: 'one commit of the database, ms', ...commit },
    ],
    { ...run, commits_p50: round(run.p50 / commit.p50) },
  );
}
