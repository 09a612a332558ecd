import { expect, it } from 'vitest';
import { listProcesses, parsePs, parseStat } from './process-table.ts';

it('reads a stat line whose program name holds parentheses and spaces', () => {
  const stat = '42 (a) b (c) S 1 40 40 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 987654 0 0';
  expect(parseStat(42, stat, '/usr/bin/x\0--user-data-dir=/a b\0')).toEqual({
    pid: 42,
    group: 40,
    started: '987654',
    arguments: ['/usr/bin/x', '--user-data-dir=/a b'],
  });
});

it('leaves out the dead that nobody has collected', () => {
  expect(parseStat(42, '42 (x) Z 1 40 40 0', '')).toBeNull();
  expect(parsePs('  7   7 Z    Tue Nov 25 01:38:22 2026 (x)\n')).toEqual([]);
});

it('reads the lines of ps', () => {
  const line =
    '  7   6 Ss   Tue Nov 25 01:38:22 2026 /A/Google Chrome --headless --user-data-dir=/t/a b\n';
  expect(parsePs(line)).toEqual([
    {
      pid: 7,
      group: 6,
      started: 'Tue Nov 25 01:38:22 2026',
      arguments: ['/A/Google Chrome', '--headless', '--user-data-dir=/t/a b'],
    },
  ]);
});

it('finds the process that asks', async () => {
  const own = (await listProcesses()).find((entry) => entry.pid === process.pid);
  expect(own?.arguments.join(' ')).toContain('node');
});
