import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runJob } from '../../packages/server/src/domain/admission/service.ts';
import { webhookJob } from '../../packages/server/src/domain/webhooks/service.ts';
import type { JobKind } from '../../packages/server/src/queue/job.ts';
import { JobQueue } from '../../packages/server/src/queue/queue.ts';
import { Metrics } from '../../packages/server/src/telemetry/metrics.ts';
import { createTestDatabase, type TestDatabase, testLog } from '../support/database.ts';
import { environmentOf, ofKind, podOf, present, read } from './manifests.ts';

const [scaling] = ofKind('ScaledObject');
const spec = present(scaling?.spec, 'ScaledObject');
const [trigger, ...otherTriggers] = spec.triggers;
const target = present(
  ofKind('Deployment').find(({ metadata }) => metadata?.name === spec.scaleTargetRef.name),
  'Deployment that is scaled',
);

describe('the scaling of workers', () => {
  it('is of the Deployment of workers, which leaves their number to it', () => {
    expect(podOf(target).container.args).toEqual(['worker']);
    expect(target.spec?.replicas).toBeUndefined();
  });

  it('never ends the last worker, for schedules fire in workers', () => {
    expect(spec.minReplicaCount).toBeGreaterThanOrEqual(1);
    expect(spec.idleReplicaCount).toBeUndefined();
    expect(spec.maxReplicaCount).toBeGreaterThan(spec.minReplicaCount ?? 0);
  });

  it('asks the database of the workers, and reckons with the runs that one of them takes', () => {
    expect(otherTriggers).toEqual([]);
    const environment = environmentOf(podOf(target).container);
    expect(Object.keys(environment)).toContain(trigger?.metadata.connectionFromEnv);
    expect(trigger?.metadata.targetQueryValue).toBe(environment.LAPWING_SLOTS);
    expect(environment.LAPWING_MAX_BROWSERS).toBe(environment.LAPWING_SLOTS);
  });
});

describe('what it goes by', () => {
  const kind = (name: string): JobKind => ({
    name,
    retryLimit: 1,
    retryDelaySeconds: 60,
    retryBackoff: false,
    leaseSeconds: 30,
    expireSeconds: 60,
  });
  const held = Promise.withResolvers<void>();
  let place: TestDatabase;
  let queue: JobQueue;
  beforeAll(async () => {
    place = await createTestDatabase();
    queue = await JobQueue.start(place.database, [kind(runJob), kind(webhookJob)], testLog);
  }, 60_000);
  afterAll(async () => {
    held.resolve();
    await queue.close();
    await place.drop();
  });

  const enqueue = (name: string, startAfter?: Date) =>
    queue.enqueue(place.database.sql, name, {
      data: {},
      ...(startAfter !== undefined && { startAfter }),
    });
  const counted = async () => {
    const sql = place.database.executor(place.database.sql);
    const { rows } = await sql.executeSql(present(trigger?.metadata.query, 'query'));
    return Object.values(rows[0] as object).map(Number);
  };

  it('is how many runs wait for a worker or have one; nothing else counts', {
    timeout: 60_000,
  }, async () => {
    expect(await counted()).toEqual([0]);
    await enqueue(runJob);
    await enqueue(webhookJob);
    await enqueue(runJob, new Date(Date.now() + 3_600_000));
    expect(await counted()).toEqual([1]);

    const worker = queue.work(runJob, {
      slots: 1,
      handler: async () => {
        await held.promise;
        return { kind: 'done' };
      },
    });
    await expect.poll(() => worker.busy).toBe(1);
    await enqueue(runJob);
    const stats = (await queue.stats()).find((depth) => depth.kind === runJob);
    expect(stats).toMatchObject({ ready: 1, active: 1, delayed: 1 });
    expect(await counted()).toEqual([2]);
  });
});

describe('the metric that the README names in its stead', () => {
  it('is served, with these labels', async () => {
    const queries = [...read('deploy/README.md').matchAll(/(lapwing_\w+)\{([^}]*)\}/g)];
    expect(queries.length).toBeGreaterThan(0);
    const jobs = { kind: runJob, ready: 1, delayed: 0, active: 1, dead: 0 };
    const schedules = { enabled: 0, late: 0, stranded: 0, longestLateSeconds: 0 };
    const sources = {
      database: async () => ({ queue: [jobs], openRuns: new Map(), schedules }),
      runsEnded: () => new Map(),
      webhookAttempts: () => new Map(),
      scheduleFires: () => new Map(),
    } as unknown as ConstructorParameters<typeof Metrics>[0];
    const text = await new Metrics(sources, null).read(undefined);
    for (const [, name = '', labels = ''] of queries) {
      const [, named = ''] = /kind="(\w+)"/.exec(labels) ?? [];
      const states = /state=~"([^"]+)"/.exec(labels)?.[1]?.split('|') ?? [];
      expect(states).toEqual(['ready', 'active']);
      for (const state of states)
        expect(text).toContain(`${name}{kind="${named}",state="${state}"} 1`);
    }
  });
});
