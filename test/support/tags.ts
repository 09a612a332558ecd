import { type Route, routes, type Tag } from '@lapwing/protocol';
import { expect } from 'vitest';
import type { Answer, Lapwing } from './lapwing.ts';

/** A tag as it is sent. */
interface Item {
  readonly key?: string | null;
  readonly value?: string;
}

function routeOf(method: string, path: string): Route | undefined {
  const plain = path.split('?')[0] ?? '';
  return Object.values<Route>(routes).find(
    (route) =>
      route.method === method &&
      new RegExp(`^${route.path.replaceAll(/\{\w+\}/g, '[^/]+')}$`).test(plain),
  );
}

/** The last part of a path: the id of a workflow or run. */
export const idOf = (path: string) => path.split('/').at(-1) ?? '';

/** `key:value` or `label`, sorted. */
export const plainTags = (tags: readonly Tag[]) =>
  tags.map(({ key, value }) => (key === null ? value : `${key}:${value}`)).sort();

/** Speaks of tags; workflows and runs are named by their paths. Every answer is held against the schema of its route. */
export class TagClient {
  readonly #lapwing: () => Lapwing;

  constructor(lapwing: () => Lapwing) {
    this.#lapwing = lapwing;
  }

  async ask(method: string, path: string, body?: unknown): Promise<Answer> {
    const answer = await this.#lapwing().request(method, path, body);
    const route = routeOf(method, path);
    if (answer.status === 200 && route?.answer.kind === 'json')
      expect(route.answer.schema.parse(answer.body)).toEqual(answer.body);
    return answer;
  }

  /** The body of an answer that has to be a 200. */
  async done(method: string, path: string, body?: unknown): Promise<Answer['body']> {
    const answer = await this.ask(method, path, body);
    expect(answer.status, JSON.stringify(answer.body)).toBe(200);
    return answer.body;
  }

  apply(path: string, tags: readonly Item[], more: object = {}): Promise<Answer> {
    return this.ask('POST', `${path}/tags`, { tags, ...more });
  }

  async tagsOf(path: string): Promise<string[]> {
    return plainTags((await this.done('GET', `${path}/tags`)).tags);
  }

  /** A new workflow with these tags. */
  async workflow(...tags: Item[]): Promise<string> {
    const blocks = [{ block_type: 'wait', label: 'pause', wait_sec: 1 }];
    const path = `/v1/agents/${await this.#lapwing().createWorkflow({ blocks })}`;
    if (tags.length > 0) expect((await this.apply(path, tags)).status).toBe(200);
    return path;
  }

  /** A new run. */
  async run(fields: object = {}): Promise<string> {
    const workflow_id = idOf(await this.workflow());
    const created = await this.done('POST', '/v1/run/agents', { workflow_id, ...fields });
    return `/v1/runs/${created.run_id}`;
  }
}
