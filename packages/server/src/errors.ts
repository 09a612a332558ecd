import { type ErrorCode, type ErrorFacts, errorTable } from '@lapwing/protocol';

/** One entry of a 422 list (reference: api.md §3). */
export interface ValidationIssue {
  /** Pydantic's name of the rule: `missing`, `string_type`, `value_error`, … */
  readonly type: string;
  /** `body`, `query`, `path` or `header`, then field names and indexes. */
  readonly loc: readonly (string | number)[];
  readonly msg: string;
  readonly input?: unknown;
}

/** The one error class of the server: a code of the table, a text for the user, and the issues of a 422. */
export class LapwingError extends Error {
  override readonly name = 'LapwingError';
  readonly code: ErrorCode;
  readonly issues: readonly ValidationIssue[] | null;

  constructor(
    code: ErrorCode,
    message: string,
    options: { issues?: readonly ValidationIssue[]; cause?: unknown } = {},
  ) {
    super(message, { cause: options.cause });
    this.code = code;
    this.issues = options.issues ?? null;
  }

  get facts(): ErrorFacts {
    return errorTable[this.code];
  }
}
