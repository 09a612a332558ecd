import { sql } from 'drizzle-orm';
import { type Lapwing, startLapwing } from '../support/lapwing.ts';
import { rowsOfRun, writeRun } from './run-rows.ts';
import { atOnce, percentile, report, round } from './table.ts';

const clients = 32;
const count = 2_000;
const blocksOfALargeWorkflow = 200;
const workflowCount = 100;

/** What `work` takes when `clients` do it at the same time, `total` times in all. */
async function measure(what: string, total: number, work: () => Promise<unknown>) {
  const { times, seconds } = await atOnce(clients, total, work);
  return { what, per_second: total / seconds, p99_ms: percentile(times, 0.99) };
}

type Figures = Awaited<ReturnType<typeof measure>>;

function largeWorkflow(): object {
  const blocks = Array.from({ length: blocksOfALargeWorkflow }, (_, index) => ({
    block_type: 'http_request',
    label: `request_${index}`,
    method: 'GET',
    url: 'https://example.com/{{ order }}',
    parameter_keys: ['order'],
  }));
  return {
    json_definition: {
      title: 'Large',
      workflow_definition: {
        parameters: [
          { parameter_type: 'workflow', workflow_parameter_type: 'string', key: 'order' },
        ],
        blocks,
      },
    },
  };
}

async function expectOk(answer: Promise<{ status: number; body: unknown }>) {
  const { status, body } = await answer;
  if (status !== 200) throw new Error(`HTTP ${status}: ${JSON.stringify(body)}`);
  return body as Record<string, string>;
}

async function runs(lapwing: Lapwing): Promise<readonly (readonly [Figures, Figures])[]> {
  const { database } = lapwing.server.app;
  const workflow = await lapwing.createWorkflow({
    blocks: [{ block_type: 'wait', label: 'wait', wait_sec: 1 }],
  });
  const request = { workflow_id: workflow };
  const create = () => expectOk(lapwing.request('POST', '/v1/run/workflows', request));
  const runId = (await create()).run_id ?? '';
  const rows = await rowsOfRun(database, runId);
  return [
    [
      await measure('POST /v1/run/workflows', count, create),
      await measure('its rows by raw SQL', count, () =>
        database.transaction((tx) => writeRun(tx, rows, `wr_${crypto.randomUUID()}`)),
      ),
    ],
    [
      await measure('GET /v1/runs/{id}', count, () =>
        expectOk(lapwing.request('GET', `/v1/runs/${runId}`)),
      ),
      await measure('its rows by raw SQL', count, async () => {
        await database.sql.execute(sql`select * from runs where run_id = ${runId}`);
        await database.sql.execute(sql`select * from artifacts where run_id = ${runId}`);
      }),
    ],
  ];
}

async function workflows(lapwing: Lapwing): Promise<readonly (readonly [Figures, Figures])[]> {
  const { database } = lapwing.server.app;
  const large = largeWorkflow();
  const create = () => expectOk(lapwing.request('POST', '/v1/workflows', large));
  const id = (await create()).workflow_permanent_id;
  const copy = () =>
    database.sql.execute(
      sql`insert into workflows select (jsonb_populate_record(workflows, ${JSON.stringify({
        workflow_id: `w_${crypto.randomUUID()}`,
        workflow_permanent_id: `wpid_${crypto.randomUUID()}`,
      })}::jsonb)).* from workflows where workflow_permanent_id = ${id}`,
    );
  return [
    [
      await measure(`POST /v1/workflows, ${blocksOfALargeWorkflow} blocks`, workflowCount, create),
      await measure('its row by raw SQL', workflowCount, copy),
    ],
    [
      await measure(`GET /v1/workflows/{id}, ${blocksOfALargeWorkflow} blocks`, workflowCount, () =>
        expectOk(lapwing.request('GET', `/v1/workflows/${id}`)),
      ),
      await measure('its row by raw SQL', workflowCount, () =>
        database.sql.execute(sql`select * from workflows where workflow_permanent_id = ${id}`),
      ),
    ],
  ];
}

/** Requests by 32 clients at the same time, over the same statements in raw SQL. No worker takes the runs up. */
export async function requests(): Promise<void> {
  const lapwing = await startLapwing({ LAPWING_RECORDING: 'off' });
  await lapwing.server.worker?.close();
  const pairs = [...(await runs(lapwing)), ...(await workflows(lapwing))];
  await lapwing.close();
  const ratios = pairs.map(([api, raw]) => [api.what, round(raw.per_second / api.per_second)]);
  report(
    'requests',
    pairs.flat().map(({ what, per_second, p99_ms }) => ({
      what,
      'per second': round(per_second, 0),
      'p99, ms': round(p99_ms, 1),
    })),
    { raw_over_api: Object.fromEntries(ratios) },
  );
}
