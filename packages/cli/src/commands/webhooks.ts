import { RetriedDeliveries, WebhookDelivery } from '@lapwing/protocol';
import { z } from 'zod';
import { CliError } from '../cli-error.ts';
import { requireClient } from '../client.ts';
import type { Command, Invocation } from '../command.ts';
import { sinceInstant } from '../since.ts';
import { table } from '../table.ts';

const pageSize = 100;

const sinceOf = ({ options }: Invocation): string | null =>
  typeof options.since === 'string' ? sinceInstant(options.since, new Date()).toISOString() : null;

async function listDeliveries(invocation: Invocation): Promise<readonly WebhookDelivery[]> {
  const client = requireClient(invocation);
  const since = sinceOf(invocation);
  const query = new URLSearchParams({
    status: invocation.options.failed === true ? 'failed' : 'pending',
    page_size: String(pageSize),
    ...(since !== null && { since }),
  });
  const all: WebhookDelivery[] = [];
  for (let page = 1; ; page += 1) {
    query.set('page', String(page));
    const path = `/v1/webhook_deliveries?${query}`;
    const rows = await client.request('GET', path, z.array(WebhookDelivery));
    all.push(...rows);
    if (rows.length < pageSize) return all;
  }
}

function rowOf(delivery: WebhookDelivery): string[] {
  const last = delivery.attempts.at(-1);
  return [
    delivery.delivery_id ?? '',
    delivery.subject_id,
    delivery.url,
    String(delivery.attempts.length),
    last === undefined ? '' : (last.error ?? `status ${last.status_code}`),
    delivery.modified_at,
  ];
}

const headings = ['id', 'of', 'url', 'attempts', 'last attempt', 'changed'];

export const webhookCommands: readonly Command[] = [
  {
    words: 'webhooks list',
    usage: '[--failed] [--since <time>]',
    summary: 'List the webhooks that are still to be delivered, or those that were given up',
    arity: [0, 0],
    run: async (invocation) => {
      const all = await listDeliveries(invocation);
      invocation.print(
        invocation.options.json === true ? JSON.stringify(all) : table(headings, all.map(rowOf)),
      );
    },
  },
  {
    words: 'webhooks retry',
    usage: '--failed [--since <time>]',
    summary: 'Send webhooks again that were given up',
    arity: [0, 0],
    run: async (invocation) => {
      if (invocation.options.failed !== true) {
        throw new CliError('Only webhooks that were given up can be sent again: add --failed', 2);
      }
      const body = { since: sinceOf(invocation) };
      const answer = await requireClient(invocation).request(
        'POST',
        '/v1/webhook_deliveries/retry',
        RetriedDeliveries,
        body,
      );
      invocation.print(
        invocation.options.json === true
          ? JSON.stringify(answer)
          : `${answer.retried.length} webhooks are sent again`,
      );
    },
  },
];
