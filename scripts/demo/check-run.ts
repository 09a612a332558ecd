import type { RunResponse } from '@lapwing/protocol';
import type { AuditAction, AuditEvent } from '../../test/site/portal.ts';
import type { Site } from '../../test/site/site.ts';
import type { Checklist } from './checklist.ts';
import { countBlocks } from './progress.ts';
import type { RunEvent } from './run-events.ts';
import { wanted, wantedBlocks } from './wanted.ts';

/** The fields of an object output that matter; undefined where there is no such output. */
function fields(output: unknown, names: readonly string[]): Record<string, unknown> {
  const object = Object(output) as Record<string, unknown>;
  return Object.fromEntries(names.map((name) => [name, object[name]]));
}

/** The run ended well, and its outputs are what the site's data makes of the workflow. */
export function checkRun(list: Checklist, run: RunResponse): void {
  const { orders, pages, total, requested, approved } = wanted;
  const output = run.output ?? {};
  const each = output.each_order_output;
  list.equal('status of the run', run.status, 'completed');
  list.equal('failure_reason', run.failure_reason, null);
  list.equal('errors', run.errors, []);
  list.equal(
    'collect_orders_output',
    fields(output.collect_orders_output, ['pages', 'count', 'total']),
    { pages, count: orders, total },
  );
  list.equal('rounds of each_order', Array.isArray(each) ? each.length : each, orders);
  list.equal('compare_output', output.compare_output, { rows: orders, total });
  list.equal('read_report_output', output.read_report_output, {
    approved: approved.length,
    requested: requested.length,
  });
  list.equal('sign_out_output', output.sign_out_output, { signed_out: true });
  list.equal(
    'last answer to request_approval',
    fields(output.request_approval_output, ['status_code', 'request_method']),
    { status_code: 201, request_method: 'POST' },
  );
  list.holds('started_at and finished_at are set', Boolean(run.started_at && run.finished_at));
}

/** Every block was seen to finish in the event stream, as often as it must. */
export function checkEvents(list: Checklist, events: readonly RunEvent[]): void {
  list.equal('finished blocks of the event stream', countBlocks(events), wantedBlocks());
  const count = (type: RunEvent['type']) => events.filter((event) => event.type === type).length;
  list.equal('block.started events', count('block.started'), count('block.finished'));
  list.holds('the event stream has log lines', count('log') > 0);
  list.holds('the event stream has screenshots', count('screenshot') > 0);
}

/** What the workflow did to the outside world, by the site's own account. */
export function checkSite(list: Checklist, site: Site, runId: string): void {
  const of = (action: AuditAction): readonly AuditEvent[] =>
    site.portal.audit.filter((event) => event.action === action);
  const ids = (action: AuditAction) => of(action).map((event) => event.order_id);
  const amount = (event: AuditEvent) => event.data.amount;
  const cents = (id: string | null) => site.portal.order(id ?? '')?.amountCents ?? Number.NaN;
  list.equal('orders approved on the page', ids('approve'), wanted.approved);
  list.equal('orders with an approval requested', ids('approval_request'), wanted.requested);
  list.equal(
    'amounts sent with the requests',
    of('approval_request').map(amount),
    wanted.requested.map((id) => cents(id) / 100),
  );
  list.equal(
    'idempotency keys of the requests',
    of('approval_request').map((event) => event.idempotency_key),
    wanted.requested.map((id) => `${runId}-${id}`),
  );
  list.equal('sign-ins', of('sign_in').length, 1);
  list.equal('sign-outs', of('sign_out').length, 1);
}
