import { expect, it } from 'vitest';
import { type DatabaseNumbers, type MetricSources, Metrics } from './metrics.ts';

const numbers: DatabaseNumbers = {
  queue: [{ kind: 'run', ready: 3, delayed: 2, active: 1, dead: 0 }],
  openRuns: new Map([['queued', 5]]),
  schedules: { enabled: 4, late: 2, stranded: 1, longestLateSeconds: 90 },
};

const sources = (database: MetricSources['database']): MetricSources => ({
  database,
  runsEnded: () => new Map([['completed', 7]]),
  webhookAttempts: () => new Map([['retried', 8]]),
  scheduleFires: () => new Map([['missed', 9]]),
});

const ours = (text: string) => text.split('\n').filter((line) => line.startsWith('lapwing_'));

it('writes what its sources say at the moment', async () => {
  const metrics = new Metrics(
    sources(async () => numbers),
    null,
  );
  metrics.watchBrowsers(() => ({ open: 3, ready: 1, waiting: 2 }));
  const once = ours(await metrics.read(undefined));
  for (const line of [
    'lapwing_database_up 1',
    'lapwing_queue_jobs{kind="run",state="ready"} 3',
    'lapwing_queue_jobs{kind="run",state="delayed"} 2',
    'lapwing_runs_open{status="queued"} 5',
    'lapwing_schedules{state="late"} 2',
    'lapwing_schedules{state="stranded"} 1',
    'lapwing_schedule_lateness_seconds 90',
    'lapwing_runs_ended_total{status="completed"} 7',
    'lapwing_webhook_attempts_total{outcome="retried"} 8',
    'lapwing_schedule_fires_total{outcome="missed"} 9',
    'lapwing_browsers{state="waiting"} 2',
  ])
    expect(once).toContain(line);
  // Counters are set to what the sources count, not added to.
  expect(ours(await metrics.read(undefined))).toEqual(once);
});

it('leaves out what the database said before it went away, and shows it again afterwards', async () => {
  let isThere = true;
  const metrics = new Metrics(
    sources(() => (isThere ? Promise.resolve(numbers) : Promise.reject(new Error('away')))),
    null,
  );
  const before = ours(await metrics.read(undefined));
  isThere = false;
  const away = ours(await metrics.read(undefined));
  expect(away).toContain('lapwing_database_up 0');
  expect(away).toContain('lapwing_runs_ended_total{status="completed"} 7');
  expect(away.join()).not.toMatch(/lapwing_(queue_jobs|runs_open|schedules|schedule_lateness)/);
  isThere = true;
  expect(ours(await metrics.read(undefined))).toEqual(before);
});

it('asks the database once for all who ask at the same time', async () => {
  let asked = 0;
  const metrics = new Metrics(
    sources(async () => {
      asked += 1;
      return numbers;
    }),
    null,
  );
  await Promise.all(Array.from({ length: 20 }, () => metrics.read(undefined)));
  expect(asked).toBe(1);
  await metrics.read(undefined);
  expect(asked).toBe(2);
});

it('puts waits and durations into buckets, from milliseconds to an hour', async () => {
  const metrics = new Metrics(
    sources(async () => numbers),
    null,
  );
  metrics.runStarted(0.02);
  metrics.runStarted(4000);
  metrics.blockEnded({ type: 'code', status: 'failed' }, 0.3);
  const text = await metrics.read(undefined);
  expect(text).toContain('lapwing_run_wait_seconds_bucket{le="0.01"} 0');
  expect(text).toContain('lapwing_run_wait_seconds_bucket{le="0.025"} 1');
  expect(text).toContain('lapwing_run_wait_seconds_bucket{le="3600"} 1');
  expect(text).toContain('lapwing_run_wait_seconds_count 2');
  const block = 'type="code",status="failed"';
  expect(text).toContain(`lapwing_block_duration_seconds_bucket{le="0.1",${block}} 0`);
  expect(text).toContain(`lapwing_block_duration_seconds_bucket{le="0.5",${block}} 1`);
});

it('is read with its token alone, when it has one', async () => {
  const metrics = new Metrics(
    sources(async () => numbers),
    's3cret-token',
  );
  for (const shown of [undefined, '', 'Bearer', 'Bearer s3cret', 's3cret-token'])
    await expect(metrics.read(shown)).rejects.toMatchObject({ code: 'invalid_credentials' });
  expect(await metrics.read('Bearer s3cret-token')).toContain('lapwing_database_up 1');
});
