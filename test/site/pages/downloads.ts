import * as xlsx from '@e965/xlsx';
import { html } from '../html.ts';
import { file, page, type Route } from '../http.ts';
import { formatCents, type Order, ordersCsv } from '../orders.ts';
import { textPdf } from '../pdf.ts';
import { askToSignIn } from './login.ts';

function orderPdf(order: Order): Uint8Array {
  return textPdf(`Order ${order.id}`, [
    `Supplier: ${order.supplier}`,
    `Date: ${order.date}`,
    ...order.lines.map(
      (line) =>
        `${line.quantity} x ${line.description} (${line.sku}) at ${formatCents(line.unitCents)}`,
    ),
    `Amount: EUR ${formatCents(order.amountCents)}`,
  ]);
}

function ordersXlsx(orders: readonly Order[]): Uint8Array {
  const rows = orders.map((order) => ({
    Order: order.id,
    Supplier: order.supplier,
    Date: order.date,
    Status: order.status,
    Amount: order.amountCents / 100,
  }));
  const book = xlsx.utils.book_new();
  xlsx.utils.book_append_sheet(book, xlsx.utils.json_to_sheet(rows), 'Orders');
  return xlsx.write(book, { type: 'buffer', bookType: 'xlsx' });
}

/** A form to fill in, and the terms on a second page. */
async function applicationPdf(): Promise<Uint8Array> {
  // Takes a while to load, and few tests need it.
  const { PDFDocument } = await import('@cantoo/pdf-lib');
  const document = await PDFDocument.create();
  const first = document.addPage();
  first.drawText('Application for an account', { x: 56, y: 780, size: 18 });
  const form = document.getForm();
  form.createTextField('Full name').addToPage(first, { x: 56, y: 700, width: 300, height: 20 });
  form.createCheckBox('Agrees').addToPage(first, { x: 56, y: 660, width: 16, height: 16 });
  document.addPage().drawText('Thirty days net.', { x: 56, y: 780, size: 11 });
  return await document.save();
}

const content = html`
  <ul>
    <li><a href="/downloads/price-list.csv">Price list (CSV)</a></li>
    <li><a href="/downloads/terms.pdf">Terms (PDF)</a></li>
    <li><a href="/downloads/orders.xlsx">Orders (XLSX)</a></li>
    <li><a href="/downloads/price-list.csv" target="_blank">Price list in a new tab (CSV)</a></li>
    <li><a href="/downloads/inline.pdf">Terms, shown by the browser (PDF)</a></li>
  </ul>
  <button type="button" id="make">Make a file by script</button>
  <button type="button" id="both">Download two files at once</button>
  <p role="status" id="made"></p>`;

const terms = textPdf('Terms of delivery', ['Thirty days net.', 'Goods remain ours until paid.']);
const priceList = 'SKU,Price\r\nBX-10,1.25\r\nTP-02,3.40\r\n';

export const downloadRoutes: readonly Route[] = [
  {
    method: 'GET',
    path: '/orders.csv',
    handle: (request, portal) =>
      portal.user(request) === null
        ? askToSignIn(request.path)
        : file('orders.csv', 'text/csv; charset=utf-8', ordersCsv(portal.orders)),
  },
  {
    method: 'GET',
    path: '/orders/:id/document.pdf',
    handle: (request, portal) => {
      if (portal.user(request) === null) return askToSignIn(request.path);
      const order = portal.order(request.params.id ?? '');
      return order
        ? file(`${order.id}.pdf`, 'application/pdf', orderPdf(order))
        : page({ title: 'No such order', content: html`` }, 404);
    },
  },
  {
    method: 'GET',
    path: '/downloads',
    handle: () => page({ title: 'Downloads', content, scripts: ['downloads.js'] }),
  },
  {
    method: 'GET',
    path: '/downloads/price-list.csv',
    handle: () => file('price-list.csv', 'text/csv; charset=utf-8', priceList),
  },
  {
    method: 'GET',
    path: '/downloads/terms.pdf',
    handle: () => file('terms.pdf', 'application/pdf', terms),
  },
  {
    method: 'GET',
    path: '/downloads/application.pdf',
    handle: async () => file('application.pdf', 'application/pdf', await applicationPdf()),
  },
  {
    method: 'GET',
    path: '/downloads/inline.pdf',
    handle: () => ({ status: 200, headers: { 'content-type': 'application/pdf' }, body: terms }),
  },
  {
    method: 'GET',
    path: '/downloads/orders.xlsx',
    handle: (_request, portal) =>
      file(
        'orders.xlsx',
        'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
        ordersXlsx(portal.orders),
      ),
  },
];
