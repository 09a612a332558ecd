import type { Site } from '../site/site.ts';
import type { ServerProcess } from './server-process.ts';

/** Creates a version 1 workflow of these blocks. */
export async function createWorkflow(
  server: ServerProcess,
  definition: { readonly blocks: readonly object[]; readonly [field: string]: unknown },
): Promise<string> {
  const workflow_definition = { parameters: [], ...definition };
  const json_definition = { title: 'Durable', workflow_definition };
  const answer = await server.request('POST', '/v1/workflows', { json_definition });
  if (answer.status !== 200) throw new Error(JSON.stringify(answer.body));
  return answer.body.workflow_permanent_id;
}

/** How often the site was asked for `path` with each value of a query parameter. */
export function countBy(site: Site, path: string, parameter: string): Map<string, number> {
  const asked = site.requests.filter((request) => request.path === path);
  const values = asked.map(({ query }) => new URLSearchParams(query).get(parameter) ?? '');
  return new Map(
    Object.entries(Object.groupBy(values, (value) => value)).map(([value, all]) => [
      value,
      all?.length ?? 0,
    ]),
  );
}
