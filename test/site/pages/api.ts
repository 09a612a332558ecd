import { setTimeout as sleep } from 'node:timers/promises';
import { type Handler, json, queryNumber, type Reply, type Route } from '../http.ts';
import { orderJson } from '../orders.ts';
import { credentials, type Portal } from '../portal.ts';
import type { SiteRequest } from '../request.ts';

/** Only with `Authorization: Bearer <token>` or `x-api-token: <token>`. */
function withToken(handle: Handler): Handler {
  return (request, portal) => {
    const { authorization, 'x-api-token': plain } = request.headers;
    const given = authorization?.replace(/^Bearer /, '') ?? plain;
    return given === credentials.apiToken
      ? handle(request, portal)
      : json({ error: 'The API token is missing or wrong.' }, 401);
  };
}

function parseBody(request: SiteRequest): unknown {
  try {
    return JSON.parse(request.body.toString());
  } catch {
    return null;
  }
}

function approvals(request: SiteRequest, portal: Portal): Reply {
  const body = Object(parseBody(request)) as Record<string, unknown>;
  const order = portal.order(String(body.order_id));
  if (order === null) return json({ error: `There is no order ${body.order_id}.` }, 422);
  const key = request.headers['idempotency-key'];
  const { amount, note } = body;
  const wanted = {
    order_id: order.id,
    amount: typeof amount === 'number' ? amount : null,
    note: typeof note === 'string' ? note : null,
  };
  const { approval, replayed } = portal.requestApproval(wanted, key?.toString() ?? null);
  return json({ ...approval, replayed }, replayed ? 200 : 201);
}

function audit(_request: SiteRequest, portal: Portal): Reply {
  const counts: Record<string, number> = {};
  for (const { action } of portal.audit) counts[action] = (counts[action] ?? 0) + 1;
  return json({ counts, events: portal.audit });
}

function echo(request: SiteRequest): Reply {
  return json({
    method: request.method,
    path: request.path,
    query: Object.fromEntries(request.query),
    headers: request.headers,
    body: request.body.toString(),
    json: parseBody(request),
  });
}

function status(request: SiteRequest): Reply {
  const code = Number(request.params.code);
  if (!Number.isInteger(code) || code < 200 || code > 599) {
    return json({ error: 'The code must be within 200…599.' }, 400);
  }
  return json({ status: code }, code);
}

async function slow(request: SiteRequest): Promise<Reply> {
  const waited = queryNumber(request, 'ms', 1000, 120_000);
  await sleep(waited, undefined, { signal: request.signal });
  return json({ waited_ms: waited });
}

export const apiRoutes: readonly Route[] = [
  {
    method: 'GET',
    path: '/api/orders',
    handle: withToken((_request, portal) => json({ orders: portal.orders.map(orderJson) })),
  },
  {
    method: 'GET',
    path: '/api/orders/:id',
    handle: withToken((request, portal) => {
      const order = portal.order(request.params.id ?? '');
      return order ? json(orderJson(order)) : json({ error: 'There is no such order.' }, 404);
    }),
  },
  { method: 'POST', path: '/api/approvals', handle: withToken(approvals) },
  { method: 'GET', path: '/api/audit', handle: audit },
  { method: '*', path: '/api/echo', handle: echo },
  { method: '*', path: '/api/status/:code', handle: status },
  { method: '*', path: '/api/slow', handle: slow },
];
