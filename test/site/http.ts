import type { ServerResponse } from 'node:http';
import { type Layout, layout } from './html.ts';
import type { Portal } from './portal.ts';
import type { SiteRequest } from './request.ts';

/** An answer: whole, or `stream` for pages that write to the response themselves and may never end it. */
export type Reply =
  | {
      readonly status: number;
      readonly headers: Readonly<Record<string, string | string[]>>;
      readonly body: string | Uint8Array;
    }
  | { readonly stream: (response: ServerResponse) => void };

export type Handler = (request: SiteRequest, portal: Portal) => Reply | Promise<Reply>;

export interface Route {
  /** `*` answers every method. */
  readonly method: 'GET' | 'POST' | '*';
  /** `/orders/:id`: a part that begins with a colon stands for any text without a slash. */
  readonly path: string;
  readonly handle: Handler;
}

/** A page in the portal's layout. */
export function page(content: Layout, status = 200): Reply {
  return {
    status,
    headers: { 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-store' },
    body: layout(content),
  };
}

/** A bare document, for frames. */
export function document(markup: string): Reply {
  return { status: 200, headers: { 'content-type': 'text/html; charset=utf-8' }, body: markup };
}

export function json(value: unknown, status = 200, headers: Record<string, string> = {}): Reply {
  return {
    status,
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(value),
  };
}

/** After a form: 303, so that a reload does not send it again. */
export function seeOther(location: string, cookies: readonly string[] = []): Reply {
  return { status: 303, headers: { location, 'set-cookie': [...cookies] }, body: '' };
}

export function redirect(status: number, location: string): Reply {
  return { status, headers: { location }, body: '' };
}

export function file(name: string, contentType: string, body: string | Uint8Array): Reply {
  return {
    status: 200,
    headers: {
      'content-type': contentType,
      'content-disposition': `attachment; filename="${name}"`,
    },
    body,
  };
}

/** Reads the fields of a form, `application/x-www-form-urlencoded` or `multipart/form-data`. */
export async function readForm(request: SiteRequest): Promise<FormData> {
  const contentType = request.headers['content-type'] ?? 'application/x-www-form-urlencoded';
  return new Response(new Uint8Array(request.body), {
    headers: { 'content-type': contentType },
  }).formData();
}

/** The text of one field; empty when the form has no such field or it holds a file. */
export function field(form: FormData, name: string): string {
  const value = form.get(name);
  return typeof value === 'string' ? value : '';
}

export function readCookies(header: string | undefined): ReadonlyMap<string, string> {
  const pairs = (header ?? '').split(';').map((pair) => pair.trim().split('='));
  return new Map(pairs.map(([name = '', ...value]) => [name, value.join('=')]));
}

/** A whole number from the query, within `0…limit`; `otherwise` when it is absent or is no number. */
export function queryNumber(request: SiteRequest, name: string, otherwise: number, limit: number) {
  const value = Number(request.query.get(name) ?? Number.NaN);
  return Number.isFinite(value) ? Math.min(Math.max(Math.trunc(value), 0), limit) : otherwise;
}
