import type { RunResponse, TimelineItem } from '@lapwing/protocol';
import type { Lapwing } from './lapwing.ts';

/** One server-sent event of a run. */
export interface RunEvent {
  readonly id: number;
  readonly type: string;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into events freely; the protocol's schemas check their shapes
  readonly data: any;
}

function parseFrame(frame: string): RunEvent {
  const field = (name: string) => new RegExp(`^${name}: (.*)$`, 'm').exec(frame)?.[1] ?? '';
  return { id: Number(field('id')), type: field('event'), data: JSON.parse(field('data')) };
}

async function* readFrames(body: ReadableStream<Uint8Array>): AsyncGenerator<RunEvent> {
  const decoder = new TextDecoder();
  let pending = '';
  for await (const chunk of body) {
    const frames = (pending + decoder.decode(chunk, { stream: true })).split('\n\n');
    pending = frames.pop() ?? '';
    yield* frames.filter((frame) => frame.includes('data: ')).map(parseFrame);
  }
}

/** The events of a run behind number `after`, until the server ends the stream or the reader leaves it. */
export async function* runEvents(
  lapwing: Pick<Lapwing, 'url' | 'apiKey'>,
  runId: string,
  after?: number,
): AsyncGenerator<RunEvent> {
  const resume = after === undefined ? {} : { 'last-event-id': String(after) };
  const headers = { 'x-api-key': lapwing.apiKey, ...resume };
  const response = await fetch(`${lapwing.url}/v1/runs/${runId}/events`, { headers });
  if (response.status !== 200 || response.body === null)
    throw new Error(`The event stream answered HTTP ${response.status}`);
  yield* readFrames(response.body);
}

/** Follows a run until an event fits; rejects when the run ends without it. */
export async function eventOf(
  lapwing: Pick<Lapwing, 'url' | 'apiKey'>,
  runId: string,
  fits: (event: RunEvent) => boolean,
): Promise<RunEvent> {
  for await (const event of runEvents(lapwing, runId)) if (fits(event)) return event;
  throw new Error(`Run ${runId} ended without the event that was waited for`);
}

/** Resolves when the block with this label has begun. */
export function blockStarted(
  lapwing: Pick<Lapwing, 'url' | 'apiKey'>,
  runId: string,
  label: string,
): Promise<RunEvent> {
  return eventOf(
    lapwing,
    runId,
    ({ type, data }) => type === 'block.started' && data.label === label,
  );
}

/** Starts a run and answers its id at once. */
export async function startRun(
  lapwing: Pick<Lapwing, 'request'>,
  workflowId: string,
  fields: object = {},
): Promise<string> {
  const answer = await lapwing.request('POST', '/v1/run/workflows', {
    workflow_id: workflowId,
    ...fields,
  });
  if (answer.status !== 200)
    throw new Error(`HTTP ${answer.status}: ${JSON.stringify(answer.body)}`);
  return answer.body.run_id;
}

/** Creates a workflow of these blocks, or of this definition, runs it and waits for its end. */
export async function runBlocks(
  lapwing: Lapwing,
  blocks: readonly object[],
  options: { readonly definition?: object; readonly fields?: object } = {},
  // biome-ignore lint/suspicious/noExplicitAny: outputs have any shape
): Promise<RunResponse & { output: any }> {
  const workflowId = await lapwing.createWorkflow({ blocks, ...options.definition });
  return lapwing.run(workflowId, options.fields);
}

/** Waits for the end of a run. */
export async function ended(
  lapwing: Pick<Lapwing, 'request'>,
  runId: string,
): Promise<RunResponse> {
  const answer = await lapwing.request('GET', `/v1/runs/${runId}?wait=60`);
  return answer.body;
}

export async function timeline(
  lapwing: Pick<Lapwing, 'request'>,
  runId: string,
): Promise<TimelineItem[]> {
  return (await lapwing.request('GET', `/v1/runs/${runId}/timeline`)).body;
}

/** Every row of a timeline, parents before children, newest first. */
export function rowsOf(items: readonly TimelineItem[]): TimelineItem['block'][] {
  return items.flatMap((item) => [item.block, ...rowsOf(item.children)]);
}
