import { expect, it } from 'vitest';
import { runChaos } from '../../chaos/chaos.ts';
import { chaosTable } from '../../chaos/table.ts';

it('keeps every promise to its runs while servers are killed and the database is cut off', async () => {
  const seed = Date.now() % 1_000_000;
  const lines: string[] = [];
  const report = await runChaos({
    seconds: 40,
    workers: 2,
    browsers: true,
    seed,
    parallel: 6,
    log: (line) => lines.push(line),
  });
  // What is needed to do the same again.
  const story = `Seed ${seed}\n${lines.join('\n')}\n${chaosTable(report)}`;
  expect(report.violations, story).toEqual([]);
  expect(report.runs).toBeGreaterThan(5);
  expect(report.completed).toBeGreaterThan(0);
}, 600_000);
