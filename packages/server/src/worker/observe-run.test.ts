import type { BlockOutcome, BlockVisit, Journal } from '@lapwing/workflow';
import { expect, it } from 'vitest';
import { createLog } from '../lib/log.ts';
import { Metrics } from '../telemetry/metrics.ts';
import { collectSpans } from '../telemetry/testing/spans.ts';
import { SpanScope } from '../telemetry/tracer.ts';
import { observeRun, observeWork } from './observe-run.ts';

const created = new Date('2026-01-01T00:00:00Z');
const none = () => new Map<string, number>();

function observer() {
  const { tracer, spans } = collectSpans();
  const scope = new SpanScope();
  const lines: string[] = [];
  const log = createLog({ level: 'info', pretty: false, write: (line) => lines.push(line) });
  const database = () => Promise.reject(new Error('none'));
  const sources = { database, runsEnded: none, webhookAttempts: none, scheduleFires: none };
  const metrics = new Metrics(sources, null);
  const begin = (attempt = 1) =>
    observeRun(
      { tracer, scope, metrics, log },
      {
        ...{ runId: 'wr_1', workflowPermanentId: 'wpid_1', attempt, traceParent: null },
        ...{ createdAt: created, startedAt: new Date(created.getTime() + 2_000) },
      },
    );
  const said = () => lines.map((line) => JSON.parse(line));
  return { begin, spans, scope, metrics, said, tracer };
}

/** A journal in which the block of this path has finished before. */
const journal = (finished = ''): Journal => ({
  begin: async ({ path }) => ({
    ...{ blockId: 'wrb_1', notes: {} },
    finished: path === finished ? ended('completed') : null,
  }),
  note: async () => undefined,
  progress: async () => undefined,
  finish: async () => undefined,
});

const ended = (status: BlockOutcome['status']): BlockOutcome => ({
  ...{ status, failureReason: null, errors: [], details: {} },
});

const visit = (path: string, index: number | null = null) =>
  ({
    path,
    block: { block_type: 'code', label: path.split('/').at(-1) },
    parentPath: null,
    iteration: index === null ? null : { index, value: 'secret value' },
  }) as unknown as BlockVisit;

it('nests blocks as they are carried out, and enters the span of each', async () => {
  const { begin, spans, scope } = observer();
  await scope.run(async () => {
    const run = begin();
    const told = run.journal(journal());
    await told.begin(visit('each'));
    const outer = scope.current;
    await told.begin(visit('each[0]/inner', 0));
    expect(scope.current).not.toBe(outer);
    await told.finish(visit('each[0]/inner', 0), ended('completed'));
    expect(scope.current).toBe(outer);
    await told.finish(visit('each'), ended('failed'));
    run.end('failed');
    expect(scope.current).toBeNull();
  });
  expect(spans.map(({ name, parent, failed }) => [name, parent, failed])).toEqual([
    ['code', 'code', false],
    ['code', 'run', true],
    ['run', null, true],
  ]);
  expect(spans[0]?.attributes).toMatchObject({ 'lapwing.block.iteration': 0 });
  expect(JSON.stringify(spans)).not.toContain('secret');
});

it('ends once, as the first call says', () => {
  const { begin, spans, said } = observer();
  const run = begin();
  run.end('completed');
  run.end(null);
  expect(spans).toHaveLength(1);
  expect(spans[0]?.attributes).toMatchObject({ 'lapwing.run.status': 'completed' });
  expect(said()).toMatchObject([{ msg: 'A run has ended', status: 'completed', attempt: 1 }]);
});

it('ends blocks that were cut off with their run, the innermost first, and measures none of them', async () => {
  const { begin, spans, metrics, said } = observer();
  const run = begin(2);
  const told = run.journal(journal());
  await told.begin(visit('outer'));
  await told.begin(visit('outer[0]/inner', 0));
  run.end(null);
  const labels = spans.map(({ attributes }) => attributes['lapwing.block.label']);
  expect(labels).toEqual(['inner', 'outer', undefined]);
  expect(spans.map(({ failed }) => failed)).toEqual([false, false, false]);
  expect(spans[0]?.attributes['lapwing.block.status']).toBe('interrupted');
  expect(spans[2]?.attributes).not.toHaveProperty('lapwing.run.status');
  expect(await metrics.read(undefined)).not.toContain('lapwing_block_duration_seconds_count');
  expect(said().map(({ msg }) => msg)).toEqual([
    'A run is taken up again',
    'A run is let go of unfinished',
  ]);
});

it('shows nothing of a block that an earlier life has finished', async () => {
  const { begin, spans } = observer();
  const run = begin(2);
  await run.journal(journal('done')).begin(visit('done'));
  run.end('completed');
  expect(spans.map(({ name }) => name)).toEqual(['run']);
});

it('measures the wait of a run once, in its first life', async () => {
  const { begin, metrics } = observer();
  for (const attempt of [1, 2, 3]) begin(attempt).end(null);
  const text = await metrics.read(undefined);
  expect(text).toContain('lapwing_run_wait_seconds_count 1');
  expect(text).toContain('lapwing_run_wait_seconds_sum 2');
});

it('passes on what a journal cannot write, and counts the block as unfinished', async () => {
  const { begin, spans } = observer();
  const run = begin();
  const failing: Journal = { ...journal(), finish: () => Promise.reject(new Error('away')) };
  const told = run.journal(failing);
  await told.begin(visit('only'));
  await expect(told.finish(visit('only'), ended('completed'))).rejects.toThrow('away');
  run.end(null);
  expect(spans[0]?.attributes['lapwing.block.status']).toBe('interrupted');
});

it('shows work beside the lives of a run, and whether it failed', async () => {
  const { spans, tracer, scope } = observer();
  const about = {
    name: 'webhook',
    run: { runId: 'wr_1', traceParent: null },
    attributes: { 'lapwing.webhook.attempt': 2 },
  };
  const work = (failure: string | null) =>
    observeWork({ tracer, scope }, about, async () => {
      expect(scope.current).not.toBeNull();
      return { failure };
    });
  await work(null);
  await work('refused');
  const broken = new Error('broken');
  const rejected = observeWork({ tracer, scope }, about, () => Promise.reject(broken));
  await expect(rejected).rejects.toBe(broken);
  expect(spans.map(({ failed }) => failed)).toEqual([false, true, true]);
  expect(spans[0]?.attributes).toEqual({ 'lapwing.run.id': 'wr_1', 'lapwing.webhook.attempt': 2 });
});
