import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { onPostgres } from '../../support/database.ts';
import { type Gate, startGate } from '../../support/gate.ts';
import { ended, startRun } from '../../support/runs.ts';
import {
  createServerPlace,
  type ServerPlace,
  type ServerProcess,
} from '../../support/server-process.ts';

/** Three workers of four slots each, and an API: the embedded database has room for one process only. */
describe.runIf(onPostgres)('three workers on one server', { timeout: 300_000 }, () => {
  let gate: Gate;
  let place: ServerPlace;
  let api: ServerProcess;

  beforeEach(async () => {
    [gate, place] = await Promise.all([startGate({ holdMs: 1 }), createServerPlace()]);
  });
  afterEach(async () => {
    await place.remove();
    await gate.close();
  });

  async function startAll(settings: Record<string, string> = {}): Promise<void> {
    const all = { LAPWING_SLOTS: '4', LAPWING_RECORDING: 'off', ...settings };
    api = await place.start(all, 'api');
    await Promise.all([0, 1, 2].map(() => place.start(all, 'worker')));
  }

  /** A workflow whose runs are held at the gate for a moment, under their name. */
  async function gatedWorkflow(fields: object = {}): Promise<string> {
    const parameters = ['name', 'key'].map((key) => ({
      parameter_type: 'workflow',
      key,
      workflow_parameter_type: 'string',
    }));
    const url = gate.url('{{ key }} {{ name }}');
    const block = { block_type: 'http_request', label: 'hold', method: 'GET', url };
    const workflow_definition = { parameters, blocks: [block] };
    const json_definition = { title: 'Gated', workflow_definition, ...fields };
    const { body } = await api.request('POST', '/v1/workflows', { json_definition });
    return body.workflow_permanent_id;
  }

  /** Starts runs, several at a time: those of one key one after another, so that their order is known. */
  async function startRuns(workflow: string, keys: readonly string[], count: number) {
    const started = keys.map(async (key) => {
      const ids: string[] = [];
      for (let name = 0; name < count; name += 1)
        ids.push(await startRun(api, workflow, { parameters: { key, name: String(name) } }));
      return ids;
    });
    return (await Promise.all(started)).flat();
  }

  const allCompleted = async (ids: readonly string[]) => {
    for (const id of ids) expect(await ended(api, id)).toMatchObject({ status: 'completed' });
  };

  it('never carry out more than two of a thousand runs at a time when two is the limit', async () => {
    await startAll({ LAPWING_MAX_RUNS_PER_ORGANIZATION: '2' });
    const workflow = await gatedWorkflow();
    const ids = await startRuns(workflow, ['a', 'b', 'c', 'd', 'e'], 200);
    await allCompleted(ids);
    expect(gate.arrived).toHaveLength(1_000);
    expect(new Set(gate.arrived).size).toBe(1_000);
    expect(gate.most).toBe(2);
  });

  it('carry out the runs of each key in the order of coming, one at a time', async () => {
    await startAll();
    const workflow = await gatedWorkflow({ sequential_key: '{{ key }}' });
    const keys = ['a', 'b', 'c', 'd', 'e', 'f'];
    const count = 25;
    await allCompleted(await startRuns(workflow, keys, count));
    for (const key of keys) {
      const mine = gate.arrived.filter((name) => name.startsWith(`${key} `));
      expect(mine).toEqual(Array.from({ length: count }, (_, name) => `${key} ${name}`));
    }
    expect(gate.most).toBeLessThanOrEqual(keys.length);
  });
});
