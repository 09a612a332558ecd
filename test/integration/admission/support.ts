import type { Gate } from '../../support/gate.ts';
import type { Lapwing } from '../../support/lapwing.ts';

/** A workflow of one block that is held at the gate under the run's parameter `name`. */
export function heldWorkflow(gate: Gate, lapwing: Lapwing, fields: object = {}): Promise<string> {
  return lapwing.createWorkflow(
    {
      parameters: ['name', 'key'].map((key) => ({
        parameter_type: 'workflow',
        key,
        workflow_parameter_type: 'string',
        default_value: 'none',
      })),
      blocks: [
        {
          block_type: 'http_request',
          label: 'hold',
          method: 'GET',
          url: gate.url('{{ name }}'),
          timeout: 600,
        },
      ],
    },
    fields,
  );
}

/** The status of a run. */
export async function statusOf(lapwing: Pick<Lapwing, 'request'>, runId: string): Promise<string> {
  return (await lapwing.request('GET', `/v1/runs/${runId}`)).body.status;
}

/** How many runs stand where on their way to a worker. */
export async function admissions(lapwing: Lapwing): Promise<Record<string, number>> {
  const { database } = lapwing.server.app;
  const { rows } = await database
    .executor(database.sql)
    .executeSql('select admission, count(*)::int as count from runs group by admission');
  const counts = rows as { admission: string; count: number }[];
  return Object.fromEntries(counts.map(({ admission, count }) => [admission, count]));
}
