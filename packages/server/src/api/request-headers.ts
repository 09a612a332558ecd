import type { TriggerType } from '@lapwing/protocol';
import type { Principal } from '../domain/organizations/service.ts';
import type { RunOrigin } from '../domain/runs/service.ts';
import { LapwingError } from '../errors.ts';

/** Lower-case names. */
type Headers = Readonly<Record<string, string | undefined>>;

function refuse(name: string, type: string, msg: string): never {
  const issue = { type, loc: ['header', name], msg };
  throw new LapwingError('validation_failed', `${name}: ${msg}`, { issues: [issue] });
}

/** The Idempotency-Key of a request, if it has one. @throws LapwingError `validation_failed` */
export function idempotencyKeyOf(headers: Headers): string | undefined {
  const key = headers['idempotency-key'];
  if (key === undefined || /^[\x21-\x7e]{1,255}$/.test(key)) return key;
  return refuse(
    'idempotency-key',
    'value_error',
    'Value error, Idempotency-Key must be 1 to 255 visible ASCII characters',
  );
}

/** The step ceiling of each browser task. @throws LapwingError `validation_failed` */
function stepsOverrideOf(headers: Headers): number | null {
  const steps = headers['x-max-steps-override'];
  if (steps === undefined) return null;
  if (/^\s*[+-]?\d{1,9}\s*$/.test(steps)) return Number(steps);
  return refuse(
    'x-max-steps-override',
    'int_parsing',
    'Input should be a valid integer, unable to parse string as an integer',
  );
}

/** Whether the reference's own UI asks. */
export const isFromUi = (headers: Headers) => headers['x-user-agent'] === 'skyvern-ui';

/** Where a run came from, by the client's name for itself (reference: api.md §1). */
function triggerOf(headers: Headers): TriggerType {
  if (isFromUi(headers)) return 'manual';
  return headers['x-user-agent'] === 'skyvern-mcp' ? 'mcp' : 'api';
}

/** The trace that a request is part of, if it says so in W3C's format. */
function traceParentOf({ traceparent: text }: Headers): string | undefined {
  const isOne = text !== undefined && /^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/.test(text);
  return isOne ? text : undefined;
}

/** Who starts a run, and how, without an idempotency key. @throws LapwingError `validation_failed` */
export function originOf(request: {
  readonly principal: Principal;
  readonly headers: Headers;
}): RunOrigin {
  return {
    principal: request.principal,
    triggerType: triggerOf(request.headers),
    idempotencyKey: undefined,
    maxSteps: stepsOverrideOf(request.headers),
    traceParent: traceParentOf(request.headers),
  };
}
