import { isFinalStatus, type RunEventType, runEvents } from '@lapwing/protocol';
import type { Client } from './client.ts';

type EventData<T extends RunEventType> = ReturnType<(typeof runEvents)[T]['parse']>;

/** One event of a run, by its type. */
export type RunEvent = {
  [T in RunEventType]: { readonly type: T; readonly data: EventData<T> };
}[RunEventType];

interface ServerSentEvent {
  readonly id: string | null;
  readonly event: string;
  readonly data: string;
}

function parseFrame(frame: string): ServerSentEvent {
  const fields = new Map<string, string>();
  for (const row of frame.split(/\r?\n/)) {
    const [, name = '', value = ''] = /^([^:]*):? ?(.*)$/.exec(row) ?? [];
    const before = name === 'data' ? fields.get('data') : undefined;
    fields.set(name, before === undefined ? value : `${before}\n${value}`);
  }
  const id = fields.get('id') ?? null;
  return { id, event: fields.get('event') ?? 'message', data: fields.get('data') ?? '' };
}

async function* frames(body: ReadableStream<Uint8Array>): AsyncGenerator<ServerSentEvent> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let pending = '';
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    const parts = (pending + decoder.decode(value, { stream: true })).split(/\r?\n\r?\n/);
    pending = parts.pop() ?? '';
    // A frame without data is a comment that keeps the connection open.
    yield* parts.map(parseFrame).filter(({ data }) => data !== '');
  }
}

function isRunEvent(type: string): type is RunEventType {
  return Object.hasOwn(runEvents, type);
}

function toRunEvent({ event, data }: ServerSentEvent): RunEvent | null {
  if (!isRunEvent(event)) return null;
  // The schema is the one that belongs to the name; TypeScript cannot follow that pairing.
  return { type: event, data: runEvents[event].parse(JSON.parse(data)) } as RunEvent;
}

/**
 * The events of a run until it is final. A connection that ends early is taken up again after the last event seen.
 * Rejects with the signal's reason.
 */
export async function* followRun(
  client: Client,
  runId: string,
  signal: AbortSignal,
): AsyncGenerator<RunEvent> {
  let lastId = '';
  for (;;) {
    const headers = { accept: 'text/event-stream', ...(lastId && { 'last-event-id': lastId }) };
    const response = await client.open(`/v1/runs/${runId}/events`, headers, signal);
    if (response.body === null) throw new Error('The event stream has no body.');
    for await (const frame of frames(response.body)) {
      lastId = frame.id ?? lastId;
      const event = toRunEvent(frame);
      if (event === null) continue;
      yield event;
      if (event.type === 'run.status' && isFinalStatus(event.data.status)) return;
    }
  }
}
