import { expect, test } from 'vitest';
import { fakeClock } from '../testing/capabilities.ts';
import { memoryJournal } from '../testing/journal.ts';
import { runOneBlock } from '../testing/run.ts';

test('it sleeps for its seconds and succeeds', async () => {
  const clock = fakeClock('2025-01-01T00:00:00Z');
  const outcome = await runOneBlock(
    { block_type: 'wait', label: 'pause', wait_sec: 90 },
    { capabilities: { clock } },
  );
  expect(outcome).toMatchObject({ status: 'completed', output: { success: true } });
  expect(clock.now().toISOString()).toBe('2025-01-01T00:01:30.000Z');
});

test('a wait that was interrupted waits for the rest only', async () => {
  const clock = fakeClock('2025-01-01T00:01:00Z');
  const journal = memoryJournal([
    { kind: 'begin', path: 'pause', parentPath: null },
    { kind: 'note', path: 'pause', notes: { until: '2025-01-01T00:01:30.000Z' } },
  ]);
  await runOneBlock(
    { block_type: 'wait', label: 'pause', wait_sec: 90 },
    { capabilities: { clock }, journal },
  );
  expect(clock.now().toISOString()).toBe('2025-01-01T00:01:30.000Z');
});

test.each([0, 1801, 1.5])('%d seconds are refused', async (wait_sec) => {
  const outcome = await runOneBlock({ block_type: 'wait', label: 'pause', wait_sec });
  expect(outcome.status).toBe('failed');
  expect(outcome.failureReason).toMatch(/^Invalid block fields: wait_sec: /);
});
