import type { Answer, Lapwing } from '../support/lapwing.ts';

/** What asks a server, wherever it runs. */
export type Asking = Pick<Lapwing, 'request'>;

/** The answer to a request that has to succeed. */
export async function ask(
  server: Asking,
  ...request: Parameters<Asking['request']>
): Promise<Answer['body']> {
  const { status, body } = await server.request(...request);
  if (status !== 200) throw new Error(`${request[1]}: HTTP ${status} ${JSON.stringify(body)}`);
  return body;
}

export async function createWorkflow(
  server: Asking,
  blocks: readonly object[],
  headers: Record<string, string> = {},
): Promise<string> {
  const json_definition = {
    title: 'Measured',
    workflow_definition: { parameters: [], blocks },
  };
  const body = await ask(server, 'POST', '/v1/workflows', { json_definition }, headers);
  return body.workflow_permanent_id;
}

/** The least that a run can do: one block that decides nothing, without a browser. */
export const noOp: readonly object[] = [
  { block_type: 'conditional', label: 'only', branch_conditions: [{ is_default: true }] },
];

/** Starts a run and waits for its end. @returns its id. */
export async function runToEnd(server: Asking, workflow: string): Promise<string> {
  const { run_id: id } = await ask(server, 'POST', '/v1/run/workflows', { workflow_id: workflow });
  const run = await ask(server, 'GET', `/v1/runs/${id}?wait=60`);
  if (run.status !== 'completed') throw new Error(`The run ended ${run.status}`);
  return id;
}

/**
 * Milliseconds from sending POST to the start of the first block, as its row says: one run after another, each when the
 * one before has ended. Both clocks are this machine's.
 */
export async function waitsUnloaded(
  server: Asking,
  workflow: string,
  count: number,
): Promise<number[]> {
  const warmUp = Math.ceil(count / 10);
  const waits: number[] = [];
  for (let index = 0; index < warmUp + count; index += 1) {
    const sent = Date.now();
    const id = await runToEnd(server, workflow);
    const [first] = await ask(server, 'GET', `/v1/runs/${id}/timeline`);
    if (index >= warmUp) waits.push(Date.parse(`${first.block.created_at}Z`) - sent);
  }
  return waits;
}
