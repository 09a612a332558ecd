import { afterEach, beforeEach, expect, it } from 'vitest';
import { type Site, startSite } from '../../site/site.ts';
import { countBy, createWorkflow } from '../../support/durable.ts';
import { ended } from '../../support/runs.ts';
import {
  createServerPlace,
  type ServerPlace,
  type ServerProcess,
} from '../../support/server-process.ts';

const rounds = 20;
const clients = 3;

let place: ServerPlace;
let site: Site;

beforeEach(async () => {
  [place, site] = await Promise.all([createServerPlace(), startSite()]);
});
afterEach(async () => {
  await Promise.all([place.remove(), site.close()]);
});

interface Wanted {
  /** Names the run to the site, and is its Idempotency-Key in every other case. */
  readonly name: string;
  readonly hasKey: boolean;
}

/** Creates a run; null when the connection was cut before the answer. */
async function create(
  server: ServerProcess,
  workflowId: string,
  { name, hasKey }: Wanted,
): Promise<string | null> {
  try {
    const body = { workflow_id: workflowId, parameters: { name } };
    const headers = hasKey ? { 'Idempotency-Key': name } : undefined;
    const answer = await server.request('POST', '/v1/run/workflows', body, headers);
    return answer.status === 200 ? answer.body.run_id : null;
  } catch {
    return null;
  }
}

/** What clients asked for, and what they were told. */
class Ledger {
  /** Run ids by name. */
  readonly acknowledged = new Map<string, string>();
  /** Not answered: sent again after the restart, as a careful client does with its key. */
  readonly unanswered: Wanted[] = [];
  #asked = 0;

  next(): Wanted {
    const again = this.unanswered.shift();
    if (again !== undefined) return again;
    this.#asked += 1;
    return { name: `run-${this.#asked}`, hasKey: this.#asked % 2 === 0 };
  }

  note(wanted: Wanted, runId: string | null): void {
    if (runId !== null) this.acknowledged.set(wanted.name, runId);
    else if (wanted.hasKey) this.unanswered.push(wanted);
  }
}

const workflow = () => ({
  parameters: [{ parameter_type: 'workflow', key: 'name', workflow_parameter_type: 'string' }],
  blocks: [
    {
      block_type: 'http_request',
      label: 'pay',
      method: 'POST',
      url: `${site.url}/api/slow?ms=25&name={{ name }}`,
    },
    { block_type: 'http_request', label: 'look', url: `${site.url}/api/echo` },
  ],
});

/** Creates runs, a few at a time, and kills the server after so many answers. */
async function createUntilKilled(
  server: ServerProcess,
  workflowId: string,
  ledger: Ledger,
  answers: number,
): Promise<void> {
  let left = answers;
  const client = async () => {
    while (left > 0) {
      const wanted = ledger.next();
      ledger.note(wanted, await create(server, workflowId, wanted));
      left -= 1;
      if (left === 0) server.signal('SIGKILL');
    }
  };
  await Promise.all(Array.from({ length: clients }, client));
  await server.exited;
}

it('loses and doubles nothing when it is killed twenty times while runs are created', async () => {
  const ledger = new Ledger();
  const { acknowledged, unanswered } = ledger;
  let workflowId = '';
  for (let round = 0; round < rounds; round += 1) {
    const server = await place.start({ LAPWING_SLOTS: '4' });
    workflowId ||= await createWorkflow(server, workflow());
    // At another number of answers each time, so that it is never the same moment.
    await createUntilKilled(server, workflowId, ledger, 4 + (round % 7));
  }

  const server = await place.start({ LAPWING_SLOTS: '4' });
  for (const wanted of unanswered) {
    const runId = await create(server, workflowId, wanted);
    expect(runId).not.toBeNull();
    acknowledged.set(wanted.name, runId ?? '');
  }
  const runs = await Promise.all(
    [...acknowledged].map(async ([name, runId]) => ({ name, run: await ended(server, runId) })),
  );
  const names = new Set<string>();
  for (const { name, run } of runs) {
    expect(run.run_request?.parameters).toEqual({ name });
    if (run.status !== 'completed') {
      expect(run.status).toBe('failed');
      expect(run.failure_reason).toMatch(
        /The worker was lost while block pay \(http_request\) ran/,
      );
    }
    names.add(run.run_id);
  }
  expect(names.size).toBe(acknowledged.size);
  expect(acknowledged.size).toBeGreaterThan(rounds * 3);
  expect(runs.some(({ run }) => run.status === 'completed')).toBe(true);
  const paid = countBy(site, '/api/slow', 'name');
  expect([...paid].filter(([, times]) => times > 1)).toEqual([]);
  for (const { name, run } of runs) if (run.status === 'completed') expect(paid.get(name)).toBe(1);
}, 300_000);

it('goes on with a loop of 200 items where it was killed, and runs no finished one again', async () => {
  const first = await place.start();
  const workflowId = await createWorkflow(first, {
    blocks: [
      {
        block_type: 'for_loop',
        label: 'each',
        loop_variable_reference: '{{ range(200) | list }}',
        loop_blocks: [
          {
            block_type: 'http_request',
            label: 'item',
            url: `${site.url}/api/echo?item={{ current_value }}`,
          },
        ],
      },
    ],
  });
  const { body } = await first.request('POST', '/v1/run/workflows', { workflow_id: workflowId });
  await site.reached('/api/echo', (query) => query.get('item') === '120');
  first.signal('SIGKILL');
  await first.exited;

  const second = await place.start();
  const run = await ended(second, body.run_id);
  expect(run.status).toBe('completed');
  expect(run.output?.each_output).toHaveLength(200);
  const asked = countBy(site, '/api/echo', 'item');
  expect([...Array(200).keys()].filter((item) => !asked.has(String(item)))).toEqual([]);
  // The one that was under way when the process died is asked for again: it is a GET.
  const twice = [...asked].filter(([item, times]) => item !== '' && times > 1);
  expect(twice.length).toBeLessThanOrEqual(1);
}, 120_000);
