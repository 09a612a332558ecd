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

/** Checks the step ceiling, which only browser tasks have a use for. @throws LapwingError `validation_failed` */
export function checkStepsOverride(headers: Headers): void {
  const steps = headers['x-max-steps-override'];
  if (steps === undefined || /^\s*[+-]?\d{1,9}\s*$/.test(steps)) return;
  refuse(
    'x-max-steps-override',
    'int_parsing',
    'Input should be a valid integer, unable to parse string as an integer',
  );
}
