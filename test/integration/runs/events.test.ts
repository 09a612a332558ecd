import { runEvents as schemas } from '@lapwing/protocol';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Lapwing, startLapwing } from '../../support/lapwing.ts';
import { ended, type RunEvent, runEvents, startRun } from '../../support/runs.ts';

let lapwing: Lapwing;
let workflowId: string;

const talk = {
  block_type: 'code',
  label: 'talk',
  language: 'javascript',
  code: 'for (let i = 0; i < 20; i += 1) console.log("line " + i); return [1, 2, 3]',
};
const loop = {
  block_type: 'for_loop',
  label: 'each',
  loop_variable_reference: 'talk_output',
  loop_blocks: [
    {
      block_type: 'conditional',
      label: 'leaf',
      branch_conditions: [{ is_default: true, next_block_label: null }],
    },
  ],
};
const pause = { block_type: 'wait', label: 'pause', wait_sec: 1 };

beforeAll(async () => {
  lapwing = await startLapwing();
  workflowId = await lapwing.createWorkflow({ blocks: [talk, pause, loop] });
});
afterAll(() => lapwing.close());

async function all(events: AsyncIterable<RunEvent>): Promise<RunEvent[]> {
  const list: RunEvent[] = [];
  for await (const event of events) list.push(event);
  return list;
}

const told = (events: readonly RunEvent[]) =>
  events
    .filter(({ type }) => type !== 'log')
    .map(({ type, data }) => `${type} ${data.label ?? data.status}`);

const story = [
  ...['run.status queued', 'run.status running'],
  ...['block.started talk', 'block.finished talk', 'block.started pause', 'block.finished pause'],
  'block.started each',
  ...[0, 1, 2].flatMap(() => ['block.started leaf', 'block.finished leaf']),
  ...['block.finished each', 'run.status completed'],
];

it('tells a run from its first event to its last, in order and without gaps, and ends', async () => {
  const runId = await startRun(lapwing, workflowId);
  const events = await all(runEvents(lapwing, runId));
  expect(events.map(({ id }) => id)).toEqual(events.map((_, index) => index + 1));
  expect(told(events)).toEqual(story);
  const lines = events.filter(({ type }) => type === 'log').map(({ data }) => data.message);
  expect(lines).toEqual(Array.from({ length: 20 }, (_, index) => `line ${index}`));
  for (const { type, data } of events) {
    const schema = schemas[type as keyof typeof schemas];
    expect(schema.safeParse(data).error).toBeUndefined();
  }
});

it('goes on behind the last event that a cut connection delivered', async () => {
  const runId = await startRun(lapwing, workflowId);
  const seen: RunEvent[] = [];
  // Each connection is cut after three events, over and over, until the server ends one by itself.
  for (let cut = true; cut; ) {
    cut = false;
    let taken = 0;
    for await (const event of runEvents(lapwing, runId, seen.at(-1)?.id ?? 0)) {
      seen.push(event);
      taken += 1;
      cut = taken === 3;
      if (cut) break;
    }
  }
  expect(seen.map(({ id }) => id)).toEqual(seen.map((_, index) => index + 1));
  expect(told(seen)).toEqual(story);
});

it('tells many listeners the same, whenever they come', async () => {
  const runId = await startRun(lapwing, workflowId);
  const early = Array.from({ length: 20 }, () => all(runEvents(lapwing, runId)));
  await ended(lapwing, runId);
  const late = await all(runEvents(lapwing, runId));
  for (const events of await Promise.all(early)) expect(events).toEqual(late);
});

it('has nothing more to tell behind the last event, and ends at once', async () => {
  const run = await lapwing.run(workflowId);
  const events = await all(runEvents(lapwing, run.run_id));
  expect(await all(runEvents(lapwing, run.run_id, events.at(-1)?.id))).toEqual([]);
  expect(await all(runEvents(lapwing, run.run_id, 2 ** 40))).toEqual([]);
});

it('ends for a run that was canceled, behind the ends of its blocks', async () => {
  const held = await lapwing.createWorkflow({ blocks: [{ ...pause, wait_sec: 600 }] });
  const runId = await startRun(lapwing, held);
  const events: RunEvent[] = [];
  for await (const event of runEvents(lapwing, runId)) {
    events.push(event);
    if (event.type === 'block.started') await lapwing.request('POST', `/v1/runs/${runId}/cancel`);
  }
  expect(told(events)).toEqual([
    ...['run.status queued', 'run.status running', 'block.started pause'],
    ...['run.status canceled', 'block.finished pause'],
  ]);
  expect(events.at(-1)?.data.status).toBe('canceled');
});
