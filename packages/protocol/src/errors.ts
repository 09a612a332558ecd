/** Who has to act on an error: the caller, whoever operates the server, or a developer of Lapwing. */
export type ErrorKind = 'user' | 'operational' | 'bug';

export interface ErrorFacts {
  /** HTTP status of the answer. */
  readonly status: number;
  readonly kind: ErrorKind;
  /** Whether the same request may succeed later, unchanged. */
  readonly retry: boolean;
}

/** Every error that the API answers with (reference: api.md §3). Nothing is decided by message text. */
export const errorTable = {
  invalid_credentials: { status: 403, kind: 'user', retry: false },
  /** A good key that may not do this. */
  not_allowed: { status: 403, kind: 'user', retry: false },
  not_found: { status: 404, kind: 'user', retry: false },
  /** A request body, query or header that does not fit its schema: `detail` is the list of issues. */
  validation_failed: { status: 422, kind: 'user', retry: false },
  /** A workflow definition that does not fit. */
  invalid_definition: { status: 422, kind: 'user', retry: false },
  invalid_parameters: { status: 400, kind: 'user', retry: false },
  invalid_url: { status: 400, kind: 'user', retry: false },
  blocked_host: { status: 400, kind: 'user', retry: false },
  /** A field of the contract that this version does not serve yet: refused, never ignored. */
  not_supported: { status: 400, kind: 'user', retry: false },
  invalid_state: { status: 400, kind: 'user', retry: false },
  conflict: { status: 409, kind: 'user', retry: true },
  idempotency_conflict: { status: 409, kind: 'user', retry: false },
  body_too_large: { status: 413, kind: 'user', retry: false },
  range_not_satisfiable: { status: 416, kind: 'user', retry: false },
  unavailable: { status: 503, kind: 'operational', retry: true },
  internal: { status: 500, kind: 'bug', retry: true },
} as const satisfies Record<string, ErrorFacts>;

export type ErrorCode = keyof typeof errorTable;
