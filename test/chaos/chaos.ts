import { setTimeout as pause } from 'node:timers/promises';
import { startSite } from '../site/site.ts';
import { browsersOf } from '../support/browser-processes.ts';
import { runEvents } from '../support/runs.ts';
import { type Checked, checkRun, type StartedRun } from './checks.ts';
import { Cluster, type Disturbance } from './cluster.ts';
import { startReceiver } from './receiver.ts';
import { type Scenario, scenarios } from './workflows.ts';

export interface ChaosOptions {
  /** How long the servers are disturbed. */
  readonly seconds: number;
  readonly workers: number;
  readonly browsers: boolean;
  /** The same seed does the same things, as far as the clock lets it. */
  readonly seed: number;
  /** Runs that are under way at the same time. */
  readonly parallel: number;
  readonly log: (line: string) => void;
}

export interface ChaosReport {
  readonly database: 'pglite' | 'postgres';
  readonly runs: number;
  readonly completed: number;
  /** How often each thing was done to the servers. */
  readonly disturbances: ReadonlyMap<Disturbance, number>;
  readonly takenUpAgain: number;
  readonly attached: number;
  readonly rebuilt: number;
  /** Runs that failed saying why, as they should, by what they said. */
  readonly failures: ReadonlyMap<string, number>;
  readonly violations: readonly string[];
}

/** How long the last runs may take once nobody disturbs them any more. */
const quietMs = 180_000;

/** Carries runs out while their servers are killed, and looks whether all promises were kept. */
export async function runChaos(options: ChaosOptions): Promise<ChaosReport> {
  const [receiver, site] = await Promise.all([startReceiver(), startSite()]);
  const cluster = await Cluster.start(options);
  try {
    const world: World = { options, cluster, receiver, siteUrl: site.url };
    const disturbing = disturb(cluster, options);
    const runs = await load(world, disturbing.over);
    const disturbances = await disturbing.done;
    options.log(`${runs.length} runs were started; the servers are left alone now`);
    const checked = await Promise.all(runs.map((run) => check(world, run)));
    const left = await browsersLeft(cluster);
    const { takenUpAgain } = await cluster.close();
    return {
      ...summary(cluster.kind, checked),
      disturbances,
      takenUpAgain,
      violations: [...checked.flatMap(({ violations }) => violations), ...left],
    };
  } finally {
    await cluster.remove();
    await Promise.all([receiver.close(), site.close()]);
  }
}

interface World {
  readonly options: ChaosOptions;
  readonly cluster: Cluster;
  readonly receiver: Awaited<ReturnType<typeof startReceiver>>;
  readonly siteUrl: string;
}

/** Numbers from 0 to below 1 that a seed decides (mulberry32). */
function randomOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Does one thing after another to the servers until the time is over. */
function disturb(cluster: Cluster, { seconds, seed, log }: ChaosOptions) {
  const random = randomOf(seed);
  const pick = (count: number) => Math.floor(random() * count);
  const over = AbortSignal.timeout(seconds * 1_000);
  const count = new Map<Disturbance, number>();
  const loop = async () => {
    while (!over.aborted) {
      await pause(1_500 + random() * 3_500);
      if (over.aborted) break;
      const what = cluster.disturbances[pick(cluster.disturbances.length)] ?? 'worker killed';
      log(what);
      count.set(what, (count.get(what) ?? 0) + 1);
      await cluster.disturb(what, pick);
    }
    return count;
  };
  return { over, done: loop() };
}

/** Starts runs, so many at a time, each when an earlier one has ended. */
async function load(world: World, over: AbortSignal): Promise<StartedRun[]> {
  const { cluster, options } = world;
  const forever = new AbortController().signal;
  const kinds = scenarios.filter(({ browser }) => options.browsers || !browser);
  const workflows = new Map<Scenario, string>();
  for (const scenario of kinds) workflows.set(scenario, await createWorkflow(world, scenario));
  const runs: StartedRun[] = [];
  let number = 0;
  const client = async () => {
    while (!over.aborted) {
      const scenario = kinds[number % kinds.length];
      if (scenario === undefined) return;
      number += 1;
      const name = `run-${number}`;
      const answer = await cluster.request('POST', '/v1/run/workflows', {
        body: {
          workflow_id: workflows.get(scenario),
          parameters: { name },
          webhook_url: `${world.receiver.url}/webhook`,
        },
        headers: { 'Idempotency-Key': name },
        signal: forever,
      });
      if (answer.status !== 200) throw new Error(JSON.stringify(answer.body));
      const runId: string = answer.body.run_id;
      runs.push({ name, runId, scenario });
      await ended(cluster, runId, over).catch(() => {});
    }
  };
  await Promise.all(Array.from({ length: options.parallel }, client));
  return runs;
}

async function createWorkflow(
  { cluster, receiver, siteUrl }: World,
  { name, blocks }: Scenario,
): Promise<string> {
  const json_definition = {
    title: name,
    workflow_definition: {
      parameters: [{ parameter_type: 'workflow', key: 'name', workflow_parameter_type: 'string' }],
      blocks: blocks(receiver.url, siteUrl),
    },
  };
  const signal = AbortSignal.timeout(60_000);
  const body = { json_definition };
  const answer = await cluster.request('POST', '/v1/workflows', { body, signal });
  if (answer.status !== 200) throw new Error(JSON.stringify(answer.body));
  return answer.body.workflow_permanent_id;
}

/** A run when it is final. Rejects when the signal fires first. */
async function ended(cluster: Cluster, runId: string, signal: AbortSignal) {
  for (;;) {
    const { body } = await cluster.request('GET', `/v1/runs/${runId}?wait=5`, { signal });
    if (body.finished_at !== null && body.step_count !== null) return body;
  }
}

async function check(world: World, run: StartedRun): Promise<Checked> {
  const { cluster, receiver } = world;
  const limit = AbortSignal.timeout(quietMs);
  const end = await ended(cluster, run.runId, limit).catch(() => null);
  if (end === null) {
    const text = `${run.runId} (${run.scenario.name}) has not ended`;
    return { status: 'open', failure: null, attached: 0, rebuilt: 0, violations: [text] };
  }
  while (!receiver.told.has(run.runId) && !limit.aborted) await pause(200);
  const calls = receiver.calls.filter((call) => call.run === run.name);
  const log = run.scenario.browser ? await logOf(cluster, run.runId) : [];
  return checkRun(run, { end, calls, log, told: receiver.told.get(run.runId) ?? [] });
}

async function logOf(cluster: Cluster, runId: string): Promise<string[]> {
  const lines: string[] = [];
  for await (const { type, data } of runEvents(await cluster.api(), runId))
    if (type === 'log') lines.push(data.message);
  return lines;
}

/** Workers look every half minute for what the dead have left. */
async function browsersLeft(cluster: Cluster): Promise<string[]> {
  const deadline = Date.now() + 90_000;
  for (;;) {
    const left = await browsersOf(cluster.directory);
    const spare = left.length === 0;
    if (spare) return [];
    if (Date.now() > deadline)
      return left.map(({ pid }) => `The browser ${pid} is left though its run has ended`);
    await pause(1_000);
  }
}

function summary(database: 'pglite' | 'postgres', checked: readonly Checked[]) {
  const failures = new Map<string, number>();
  for (const { failure } of checked)
    if (failure !== null) failures.set(failure, (failures.get(failure) ?? 0) + 1);
  const sum = (key: 'attached' | 'rebuilt') => checked.reduce((total, one) => total + one[key], 0);
  return {
    database,
    runs: checked.length,
    completed: checked.filter(({ status }) => status === 'completed').length,
    attached: sum('attached'),
    rebuilt: sum('rebuilt'),
    failures,
  };
}
