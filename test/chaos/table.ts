import type { ChaosReport } from './chaos.ts';

/** The report as a Markdown table. */
export function chaosTable(report: ChaosReport): string {
  const list = (counts: ReadonlyMap<string, number>) =>
    [...counts].map(([what, count]) => `${count} × ${what}`).join(', ') || 'none';
  const failed = [...report.failures.values()].reduce((sum, count) => sum + count, 0);
  const rows: readonly (readonly [string, string | number])[] = [
    ['database', report.database],
    ['runs', report.runs],
    ['disturbances', list(report.disturbances)],
    ['runs taken up again', report.takenUpAgain],
    ['browsers attached to / rebuilt', `${report.attached} / ${report.rebuilt}`],
    ['completed', report.completed],
    ['failed, saying what may have happened', failed === 0 ? 0 : list(report.failures)],
    ['violations', report.violations.length],
  ];
  const lines = rows.map(([what, value]) => `| ${what} | ${value} |`);
  return ['| what | count |', '|---|---|', ...lines].join('\n');
}
