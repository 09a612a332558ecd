import { randomUUID } from 'node:crypto';
import { initialOrders, type Order, type OrderStatus } from './orders.ts';
import type { SiteRequest } from './request.ts';

/** Who may sign in, and the token of the API. */
export const credentials = {
  username: 'dana@northwind.example',
  password: 'correct horse battery',
  apiToken: 'portal-token-7f3a',
  basicUser: 'auditor',
  basicPassword: 'ledger-42',
} as const;

export const sessionCookie = 'portal_session';

export type AuditAction =
  | 'sign_in'
  | 'sign_in_refused'
  | 'sign_out'
  | 'approve'
  | 'approval_request'
  | 'form'
  | 'frame_form'
  | 'popup_confirm';

/** Something that somebody did, as `/api/audit` lists it. */
export interface AuditEvent {
  readonly action: AuditAction;
  readonly order_id: string | null;
  readonly idempotency_key: string | null;
  readonly data: Readonly<Record<string, unknown>>;
  /** Milliseconds since 1970. */
  readonly at: number;
}

/** The report counts what is at least this old, in milliseconds: like many portals, it lags behind. */
const settlingTime = 900;

export interface Approval {
  readonly approval_id: string;
  readonly order_id: string;
  readonly amount: number | null;
  readonly note: string | null;
}

/** What the portal remembers between requests: one for each started site. */
export class Portal {
  readonly audit: AuditEvent[] = [];
  readonly #orders = new Map(initialOrders.map((order) => [order.id, order]));
  readonly #sessions = new Map<string, string>();
  readonly #approvals = new Map<string, Approval>();

  get orders(): readonly Order[] {
    return [...this.#orders.values()];
  }

  order(id: string): Order | null {
    return this.#orders.get(id) ?? null;
  }

  setStatus(id: string, status: OrderStatus): void {
    const order = this.#orders.get(id);
    if (order) this.#orders.set(id, { ...order, status });
  }

  note(action: AuditAction, event: Partial<Omit<AuditEvent, 'action' | 'at'>> = {}): void {
    const nothing = { order_id: null, idempotency_key: null, data: {} };
    this.audit.push({ action, ...nothing, ...event, at: Date.now() });
  }

  /** How often something was done, as far as the report knows by now. */
  settled(action: AuditAction): number {
    const until = Date.now() - settlingTime;
    return this.audit.filter((event) => event.action === action && event.at <= until).length;
  }

  /** Opens a session; answers its token. */
  signIn(user: string): string {
    const token = randomUUID();
    this.#sessions.set(token, user);
    this.note('sign_in', { data: { user } });
    return token;
  }

  signOut(request: SiteRequest): void {
    const token = request.cookies.get(sessionCookie);
    if (token !== undefined && this.#sessions.delete(token)) this.note('sign_out');
  }

  /** The user of the request's session cookie; null when there is none. */
  user(request: SiteRequest): string | null {
    return this.#sessions.get(request.cookies.get(sessionCookie) ?? '') ?? null;
  }

  /** Asks for an approval once for each key; without a key, every time. */
  requestApproval(
    wanted: Omit<Approval, 'approval_id'>,
    key: string | null,
  ): { readonly approval: Approval; readonly replayed: boolean } {
    const known = key === null ? undefined : this.#approvals.get(key);
    if (known) return { approval: known, replayed: true };
    const number = this.audit.filter(({ action }) => action === 'approval_request').length + 1;
    const approval = { approval_id: `AP-${number}`, ...wanted };
    if (key !== null) this.#approvals.set(key, approval);
    this.note('approval_request', {
      order_id: wanted.order_id,
      idempotency_key: key,
      data: { amount: wanted.amount, note: wanted.note },
    });
    return { approval, replayed: false };
  }
}
