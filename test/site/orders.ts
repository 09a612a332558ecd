export type OrderStatus = 'open' | 'approved' | 'shipped' | 'cancelled';

export interface OrderLine {
  readonly sku: string;
  readonly description: string;
  readonly quantity: number;
  readonly unitCents: number;
}

export interface Order {
  /** `PO-1001` … `PO-1023`. */
  readonly id: string;
  readonly supplier: string;
  /** ISO date. */
  readonly date: string;
  readonly status: OrderStatus;
  readonly lines: readonly OrderLine[];
  /** The sum of the lines, in cents of a euro. */
  readonly amountCents: number;
}

/** Orders on one page of the table: 23 orders make three pages. */
export const pageSize = 8;

const suppliers = [
  'Alder & Sons',
  'Birchwood Tools',
  'Cedar Packaging',
  'Dogwood, Ltd.',
  'Elm "Street" Metals',
];

const catalogue = [
  ['BX-10', 'Cardboard box, 40 cm', 125],
  ['TP-02', 'Packing tape', 340],
  ['GL-77', 'Work gloves, pair', 895],
  ['DR-15', 'Cordless drill', 12_999],
  ['LA-03', 'Step ladder', 8_450],
  ['SH-21', 'Steel shelf, 2 m', 21_500],
  ['PT-40', 'Pallet truck', 38_900],
] as const;

const statuses: readonly OrderStatus[] = ['open', 'open', 'shipped', 'open', 'cancelled', 'open'];

function pick<T>(list: readonly T[], index: number): T {
  const item = list[index % list.length];
  if (item === undefined) throw new Error('The list is empty.');
  return item;
}

function orderLine(index: number, position: number): OrderLine {
  const [sku, description, unitCents] = pick(catalogue, index * 3 + position * 2);
  return { sku, description, unitCents, quantity: 1 + ((index * 5 + position * 3) % 6) };
}

function makeOrder(index: number): Order {
  const lines = Array.from({ length: 1 + (index % 3) }, (_, position) =>
    orderLine(index, position),
  );
  return {
    id: `PO-${1001 + index}`,
    supplier: pick(suppliers, index * 2),
    date: new Date(Date.UTC(2026, 0, 5 + index * 3)).toISOString().slice(0, 10),
    status: pick(statuses, index),
    lines,
    amountCents: lines.reduce((sum, line) => sum + line.quantity * line.unitCents, 0),
  };
}

/** The portal's 23 orders, the same at every start. */
export const initialOrders: readonly Order[] = Array.from({ length: 23 }, (_, index) =>
  makeOrder(index),
);

/** `1,234.50` */
export function formatCents(cents: number): string {
  return (cents / 100).toLocaleString('en-US', { minimumFractionDigits: 2 });
}

const sorts: Readonly<Record<string, (a: Order, b: Order) => number>> = {
  id: (a, b) => a.id.localeCompare(b.id),
  supplier: (a, b) => a.supplier.localeCompare(b.supplier) || a.id.localeCompare(b.id),
  date: (a, b) => a.date.localeCompare(b.date),
  amount: (a, b) => a.amountCents - b.amountCents,
};

/** Sorts by `id`, `supplier`, `date` or `amount`; any other name sorts by id. */
export function sortOrders(
  orders: readonly Order[],
  by: string,
  direction: 'asc' | 'desc',
): readonly Order[] {
  const compare = sorts[by] ?? sorts.id ?? (() => 0);
  return [...orders].sort((a, b) => (direction === 'asc' ? compare(a, b) : compare(b, a)));
}

/** An order as the JSON API shows it: amounts in euros. */
export function orderJson(order: Order) {
  return {
    id: order.id,
    supplier: order.supplier,
    date: order.date,
    status: order.status,
    currency: 'EUR',
    amount: order.amountCents / 100,
    lines: order.lines.map(({ sku, description, quantity, unitCents }) => ({
      sku,
      description,
      quantity,
      unit_price: unitCents / 100,
    })),
  };
}

function csvField(text: string): string {
  return /[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** Header and one line for each order, CRLF line ends (RFC 4180). */
export function ordersCsv(orders: readonly Order[]): string {
  const rows = orders.map((order) => [
    order.id,
    order.supplier,
    order.date,
    order.status,
    (order.amountCents / 100).toFixed(2),
  ]);
  return [['Order', 'Supplier', 'Date', 'Status', 'Amount'], ...rows]
    .map((row) => `${row.map(csvField).join(',')}\r\n`)
    .join('');
}
