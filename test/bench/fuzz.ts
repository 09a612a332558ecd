import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import fc from 'fast-check';
import { type RawAnswer, RawClient, type RawRequest } from '../support/hostile.ts';
import { createServerPlace, type ServerProcess } from '../support/server-process.ts';
import { anyDefinition, anyRequest, type FuzzRequest, type Ids } from './fuzz-requests.ts';
import { residentMb } from './memory.ts';
import { percentile, report, round } from './table.ts';

const clients = 8;
const batchSize = 500;
/** No answer may take longer. */
const slowMs = 5_000;
const patienceMs = 60_000;
/** So long the runs of a batch may work before they are cancelled. */
const workMs = 10_000;
/** Of the workflows that are stored, one of so many is run. */
const runsEvery = 4;

/** How one request was answered. */
interface Outcome {
  readonly operation: string;
  readonly request: RawRequest;
  /** Status, or why there was no answer. */
  readonly answer: number | string;
  readonly text: string;
  readonly milliseconds: number;
}

function options() {
  const { values } = parseArgs({
    args: process.argv.slice(3),
    options: {
      seed: { type: 'string', default: String(Math.floor(Math.random() * 2 ** 31)) },
      requests: { type: 'string', default: '10000' },
      out: { type: 'string', default: 'node_modules/.cache/lapwing/fuzz.json' },
    },
  });
  return { seed: Number(values.seed), count: Number(values.requests), out: values.out };
}

/** One server, what was sent to it, and how it bore that. */
class Fuzz {
  readonly outcomes: Outcome[] = [];
  readonly #server: ServerProcess;
  readonly #client: RawClient;
  #ids: Ids = {};
  #stored = 0;

  constructor(server: ServerProcess) {
    this.#server = server;
    this.#client = new RawClient(server);
  }

  async #made(method: string, path: string, body?: unknown, key?: string) {
    const headers = key === undefined ? {} : { 'x-api-key': key };
    const { status, body: answer } = await this.#server.request(method, path, body, headers);
    if (status !== 200) throw new Error(`${path}: HTTP ${status} ${JSON.stringify(answer)}`);
    return answer;
  }

  /** Things to be named by requests, of this organization (its key is optional) or of another. */
  async #things(key?: string): Promise<Record<string, string>> {
    const blocks = [
      { block_type: 'conditional', label: 'a', branch_conditions: [{ is_default: true }] },
    ];
    const json_definition = { title: 'Fuzz', workflow_definition: { parameters: [], blocks } };
    const workflow = await this.#made('POST', '/v1/agents', { json_definition }, key);
    const { workflow_permanent_id } = workflow;
    const run = await this.#made(
      'POST',
      '/v1/run/agents',
      { workflow_id: workflow_permanent_id },
      key,
    );
    const folder = await this.#made('POST', '/v1/folders', { title: 'Fuzz' }, key);
    const apiKey = await this.#made('POST', '/v1/organizations/me/api_keys', undefined, key);
    await this.#made(
      'POST',
      `/v1/runs/${run.run_id}/tags`,
      { tags: [{ key: 'env', value: 'a' }] },
      key,
    );
    return {
      workflow_permanent_id,
      run_id: run.run_id,
      folder_id: folder.folder_id,
      api_key_id: apiKey.id,
      key: 'env',
      organization_id: workflow.organization_id,
      entity_type: 'workflow_run',
      entity_id: run.run_id,
      browser_session_id: 'pbs_1',
    };
  }

  /** Fresh things: what was sent may have changed those that there were beyond use. */
  async refresh(): Promise<void> {
    const named = async (prefix: string, key?: string) =>
      Object.entries(await this.#things(key)).map(([name, id]) => [prefix + name, id]);
    const other = await this.#made('POST', '/v1/organizations', { organization_name: 'Other' });
    this.#ids = Object.fromEntries([
      ...(await named('')),
      ...(await named('doomed_')),
      ...(await named('other_', other.api_key.token)),
    ]);
  }

  async send(requests: readonly FuzzRequest[]): Promise<void> {
    const waiting = [...requests];
    const work = async () => {
      for (let next = waiting.pop(); next !== undefined; next = waiting.pop())
        await this.#one(next);
    };
    await Promise.all(Array.from({ length: clients }, work));
  }

  async #one({ operation, makesWorkflow, bind }: FuzzRequest): Promise<void> {
    const answer = await this.#record(operation, bind(this.#ids));
    if (answer?.status !== 200 || !makesWorkflow) return;
    this.#stored += 1;
    if (this.#stored % runsEvery !== 0) return;
    const { workflow_permanent_id: workflow_id } = JSON.parse(answer.text);
    await this.#record('createRun', {
      method: 'POST',
      path: '/v1/run/agents',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ workflow_id, max_elapsed_time_minutes: 1 }),
    });
  }

  async #record(operation: string, request: RawRequest): Promise<RawAnswer | null> {
    const began = performance.now();
    try {
      const answer = await this.#client.send(request, patienceMs);
      const { status, text, milliseconds } = answer;
      this.outcomes.push({ operation, request, answer: status, text, milliseconds });
      return answer;
    } catch (error) {
      const milliseconds = performance.now() - began;
      this.outcomes.push({ operation, request, answer: String(error), text: '', milliseconds });
      return null;
    }
  }

  async #open(): Promise<string[]> {
    const open = 'status=created&status=queued&status=running&status=paused';
    const rows = await this.#made('GET', `/v1/agents/runs?page_size=100&${open}`);
    return rows.map(({ workflow_run_id }: { workflow_run_id: string }) => workflow_run_id);
  }

  /** Lets runs work for a while, and cancels those that are not done then. @returns how many do not even end so. */
  async settle(): Promise<number> {
    const began = performance.now();
    for (;;) {
      const open = await this.#open();
      const waited = performance.now() - began;
      if (open.length === 0 || waited > patienceMs) return open.length;
      if (waited > workMs) await this.#made('POST', '/v1/runs/cancel', { run_ids: open });
      await setTimeout(100);
    }
  }

  /** How many runs ended how, and what is said of those that an error of ours has ended. */
  async runs(): Promise<{ counts: Readonly<Record<string, number>>; errors: readonly string[] }> {
    const all: { status: string; failure_reason: string | null; workflow_run_id: string }[] = [];
    for (let page = 1; all.length === (page - 1) * 100; page += 1)
      all.push(...(await this.#made('GET', `/v1/agents/runs?page_size=100&page=${page}`)));
    const errors = all
      .filter(({ failure_reason: reason }) => reason?.startsWith('Unexpected error'))
      .map(({ workflow_run_id: id, failure_reason: reason }) => `${id}: ${reason}`);
    return { counts: countBy(all, ({ status }) => status), errors };
  }

  close(): void {
    this.#client.close();
  }
}

function countBy<T>(items: readonly T[], key: (item: T) => string): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const item of items) counts[key(item)] = (counts[key(item)] ?? 0) + 1;
  return counts;
}

const classOf = ({ answer }: Outcome) =>
  typeof answer === 'string' ? 'no answer' : `${Math.floor(answer / 100)}xx`;

const isBad = (outcome: Outcome) =>
  ['no answer', '5xx', '1xx', '3xx'].includes(classOf(outcome)) || outcome.milliseconds > slowMs;

function rowsOf(outcomes: readonly Outcome[]): Record<string, string | number>[] {
  const kinds = { definitions: /^(legacy)?(create|update)Workflow$/i, 'all else': /./ };
  const taken = new Set<Outcome>();
  return Object.entries(kinds).map(([kind, pattern]) => {
    const of = outcomes.filter((one) => !taken.has(one) && pattern.test(one.operation));
    for (const one of of) taken.add(one);
    const times = of.map(({ milliseconds }) => milliseconds);
    const classes = countBy(of, classOf);
    const columns = ['2xx', '4xx', '5xx', 'no answer'].map((name) => [name, classes[name] ?? 0]);
    return {
      sent: kind,
      count: of.length,
      ...Object.fromEntries(columns),
      'p50, ms': round(percentile(times, 0.5), 1),
      'p99, ms': round(percentile(times, 0.99), 1),
      'slowest, ms': round(Math.max(...times), 0),
    };
  });
}

/** Requests of a batch: half of them store definitions, half go to every operation in turn. */
const batchOf = (seed: number, numRuns: number): FuzzRequest[] =>
  fc.sample(fc.oneof(anyDefinition, anyRequest), { seed, numRuns });

/**
 * Sends generated definitions and requests to one live server of its own, and tells how it bore them.
 * `--seed` and `--requests` say which and how many; `--out` where every bad answer is written with its request.
 */
export async function fuzz(): Promise<void> {
  const { seed, count, out } = options();
  console.log(`seed ${seed}: repeat with --seed ${seed} --requests ${count}`);
  const place = await createServerPlace();
  try {
    const server = await place.start({ LAPWING_RECORDING: 'off', LAPWING_MAX_BROWSERS: '1' });
    const run = new Fuzz(server);
    const memory = [residentMb(server.pid)];
    let open = 0;
    for (let batch = 0; batch * batchSize < count; batch += 1) {
      await run.refresh();
      await run.send(batchOf(seed + batch, Math.min(batchSize, count - batch * batchSize)));
      open += await run.settle();
      memory.push(residentMb(server.pid));
      const bad = run.outcomes.filter(isBad).length;
      console.log(`${run.outcomes.length} answers, ${bad} of them bad, ${memory.at(-1)} MB`);
    }
    const { counts: runs, errors } = await run.runs();
    run.close();
    const health = await server.request('GET', '/health');
    const bad = run.outcomes.filter(isBad);
    const figures = {
      seed,
      answers: countBy(run.outcomes, ({ answer }) => String(answer)),
      slower_than_5_s: run.outcomes.filter((one) => one.milliseconds > slowMs).length,
      memory_mb: { before: memory[0], highest: Math.max(...memory), after: memory.at(-1) },
      runs,
      runs_left_open: open,
      runs_ended_by_our_errors: errors.length,
      health: health.status,
    };
    mkdirSync(dirname(out), { recursive: true });
    writeFileSync(out, JSON.stringify({ ...figures, memory, errors, bad }, null, 2));
    report('fuzz', rowsOf(run.outcomes), figures);
    if (bad.length + errors.length + open > 0 || health.status !== 200) process.exitCode = 1;
  } finally {
    await place.remove();
  }
}
