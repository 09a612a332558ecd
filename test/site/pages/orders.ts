import { type Html, html } from '../html.ts';
import { type Handler, page, type Reply, type Route, seeOther } from '../http.ts';
import { formatCents, type Order, pageSize, sortOrders } from '../orders.ts';
import type { Portal } from '../portal.ts';
import type { SiteRequest } from '../request.ts';
import { askToSignIn } from './login.ts';

type SignedInHandler = (request: SiteRequest, portal: Portal, user: string) => Reply;

/** Only for users who are signed in; others are sent to the login page. */
function signedIn(handle: SignedInHandler): Handler {
  return (request, portal) => {
    const user = portal.user(request);
    return user === null ? askToSignIn(request.path) : handle(request, portal, user);
  };
}

interface TableView {
  readonly sort: string;
  readonly direction: 'asc' | 'desc';
  readonly number: number;
  readonly pages: number;
}

function tableLink(view: TableView, change: Partial<TableView>): string {
  const { sort, direction, number } = { ...view, ...change };
  return `/orders?page=${number}&sort=${sort}&dir=${direction}`;
}

const columns = [
  ['id', 'Order'],
  ['supplier', 'Supplier'],
  ['date', 'Date'],
  [null, 'Status'],
  ['amount', 'Amount (EUR)'],
] as const;

function columnHead(view: TableView, sort: string | null, name: string): Html {
  if (sort === null) return html`<th scope="col">${name}</th>`;
  const sorted = view.sort === sort;
  const direction = sorted && view.direction === 'asc' ? 'desc' : 'asc';
  const order = view.direction === 'asc' ? 'ascending' : 'descending';
  return html`<th scope="col" aria-sort="${sorted ? order : 'none'}"
    ><a href="${tableLink(view, { sort, direction, number: 1 })}">${name}</a></th>`;
}

function orderRow(order: Order): Html {
  return html`<tr data-order="${order.id}">
    <td><a href="/orders/${order.id}">${order.id}</a></td>
    <td>${order.supplier}</td>
    <td>${order.date}</td>
    <td><span class="status ${order.status}">${order.status}</span></td>
    <td class="number">${formatCents(order.amountCents)}</td>
  </tr>`;
}

function pager(view: TableView): Html {
  const { number, pages } = view;
  const link = (text: string, target: number, rel: string) =>
    target >= 1 && target <= pages
      ? html`<a rel="${rel}" href="${tableLink(view, { number: target })}">${text}</a>`
      : html`<span class="off">${text}</span>`;
  return html`<nav class="pager" aria-label="Pages">
    ${link('Previous', number - 1, 'prev')}
    <span data-testid="page">Page ${number} of ${pages}</span>
    ${link('Next', number + 1, 'next')}
  </nav>`;
}

function ordersPage(request: SiteRequest, portal: Portal, user: string): Reply {
  const pages = Math.ceil(portal.orders.length / pageSize);
  const wanted = Number.parseInt(request.query.get('page') ?? '1', 10) || 1;
  const view: TableView = {
    sort: request.query.get('sort') ?? 'id',
    direction: request.query.get('dir') === 'desc' ? 'desc' : 'asc',
    number: Math.min(Math.max(wanted, 1), pages),
    pages,
  };
  const sorted = sortOrders(portal.orders, view.sort, view.direction);
  const shown = sorted.slice((view.number - 1) * pageSize, view.number * pageSize);
  const content = html`
    <p>${portal.orders.length} orders. <a href="/orders.csv">Download CSV</a></p>
    <table id="orders">
      <thead><tr>${columns.map(([sort, name]) => columnHead(view, sort, name))}</tr></thead>
      <tbody>${shown.map(orderRow)}</tbody>
    </table>
    ${pager(view)}`;
  return page({ title: 'Orders', content, user });
}

function orderLines(order: Order): Html {
  return html`<table id="lines">
    <thead><tr><th>SKU</th><th>Description</th><th>Quantity</th><th>Unit price</th><th>Sum</th></tr></thead>
    <tbody>${order.lines.map(
      (line) => html`<tr>
        <td>${line.sku}</td><td>${line.description}</td><td class="number">${line.quantity}</td>
        <td class="number">${formatCents(line.unitCents)}</td>
        <td class="number">${formatCents(line.unitCents * line.quantity)}</td>
      </tr>`,
    )}</tbody>
  </table>`;
}

function orderPage(request: SiteRequest, portal: Portal, user: string): Reply {
  const order = portal.order(request.params.id ?? '');
  if (order === null) {
    return page({ title: 'No such order', content: html`<a href="/orders">Orders</a>`, user }, 404);
  }
  const content = html`
    <dl class="facts">
      <dt>Supplier</dt><dd data-field="supplier">${order.supplier}</dd>
      <dt>Date</dt><dd data-field="date">${order.date}</dd>
      <dt>Status</dt><dd data-field="status">${order.status}</dd>
      <dt>Amount</dt><dd data-field="amount">EUR ${formatCents(order.amountCents)}</dd>
    </dl>
    ${orderLines(order)}
    ${
      order.status === 'open' &&
      html`<form method="post" action="/orders/${order.id}/approve">
        <button type="submit">Approve order</button>
      </form>`
    }
    <p><a href="/orders/${order.id}/document.pdf">Download PDF</a> · <a href="/orders">All orders</a></p>`;
  return page({ title: `Order ${order.id}`, content, user });
}

function approve(request: SiteRequest, portal: Portal): Reply {
  const order = portal.order(request.params.id ?? '');
  if (order?.status === 'open') {
    portal.setStatus(order.id, 'approved');
    portal.note('approve', { order_id: order.id, data: { amount: order.amountCents / 100 } });
    return seeOther(`/orders/${order.id}`);
  }
  const content = html`<p role="alert" class="alert">Only an open order can be approved.</p>`;
  return page({ title: 'Not approved', content, user: portal.user(request) }, 409);
}

function report(_request: SiteRequest, portal: Portal, user: string): Reply {
  const total = portal.orders.reduce((sum, order) => sum + order.amountCents, 0);
  const content = html`
    <p>What happened within the last second may still be missing.</p>
    <dl class="facts">
      <dt>Orders</dt><dd data-field="orders">${portal.orders.length}</dd>
      <dt>Total</dt><dd data-field="total">EUR ${formatCents(total)}</dd>
      <dt>Approved here</dt><dd data-field="approved">${portal.settled('approve')}</dd>
      <dt>Approvals requested</dt><dd data-field="requested">${portal.settled('approval_request')}</dd>
    </dl>
    <table>
      <thead><tr>${columns.map(([, name]) => html`<th>${name}</th>`)}</tr></thead>
      <tbody>${portal.orders.map(orderRow)}</tbody>
    </table>`;
  return page({ title: 'Order report', content, user });
}

export const orderRoutes: readonly Route[] = [
  { method: 'GET', path: '/orders', handle: signedIn(ordersPage) },
  { method: 'GET', path: '/orders/:id', handle: signedIn(orderPage) },
  { method: 'POST', path: '/orders/:id/approve', handle: signedIn(approve) },
  { method: 'GET', path: '/report', handle: signedIn(report) },
];
