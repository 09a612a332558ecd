import { LapwingError } from '../errors.ts';

/** Reads a body as JSON. @throws LapwingError `validation_failed` */
export function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    const issue = { type: 'json_invalid', loc: ['body'], msg: `JSON decode error: ${reason}` };
    throw new LapwingError('validation_failed', issue.msg, { issues: [issue], cause: error });
  }
}

/** Reads a body of an operation that takes any text as well: what is no JSON is meant as it is. */
export function readJsonOrText(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
