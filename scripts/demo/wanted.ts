import { initialOrders, pageSize } from '../../test/site/orders.ts';

/** `approval_threshold` of the run, in euros. */
export const threshold = 1000;

const open = initialOrders.filter(({ status }) => status === 'open');
const large = open.filter(({ amountCents }) => amountCents >= threshold * 100);

/** What the site's data makes of the example workflow. */
export const wanted = {
  orders: initialOrders.length,
  pages: Math.ceil(initialOrders.length / pageSize),
  /** Euros. */
  total: initialOrders.reduce((sum, { amountCents }) => sum + amountCents, 0) / 100,
  /** Ids of the orders for which an approval is requested, in the order of the table. */
  requested: large.map(({ id }) => id),
  /** Ids of the orders that are approved on the page. */
  approved: open.filter((order) => !large.includes(order)).map(({ id }) => id),
} as const;

/** How often each block must finish as completed. */
export function wantedBlocks(): Record<string, number> {
  const once = [
    ...['open_portal', 'sign_in', 'walk_pages', 'collect_orders', 'each_order', 'open_list'],
    ...['download_list', 'parse_list', 'compare', 'settle', 'open_report', 'read_report'],
    ...['print_report', 'sign_out'],
  ].map((label) => [label, 1] as const);
  const counts: [string, number][] = [
    ...once.map(([label, count]): [string, number] => [label, count]),
    ['open_page', wanted.pages],
    ['read_page', wanted.pages],
    ['open_order', wanted.orders],
    ['read_order', wanted.orders],
    ['decide', wanted.orders],
    ['request_approval', wanted.requested.length],
    ['approve_order', wanted.approved.length],
  ];
  return Object.fromEntries(counts.map(([label, count]) => [`${label} completed`, count]));
}
