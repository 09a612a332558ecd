import { setTimeout as sleep } from 'node:timers/promises';
import type { WebhookTest } from '@lapwing/protocol';
import { z } from 'zod';

/** What a login is confirmed by. */
type CodeKind = 'code' | 'link';

interface OneTimeCodeOptions {
  /** Where the run's codes are asked for; null when the run has no such address. */
  readonly url: string | null;
  /** Sends one signed request and gives the answer. */
  readonly ask: (
    url: string,
    signal: AbortSignal,
  ) => Promise<Pick<WebhookTest, 'status_code' | 'response_body' | 'error'>>;
  readonly log: (level: 'info' | 'warning', message: string) => void;
  /** Between two requests. Default 10 seconds, as the reference (api.md §16.3). */
  readonly intervalMs?: number;
}

interface Limits {
  readonly timeoutMs: number | undefined;
  readonly signal: AbortSignal;
}

/** Within the time of a code block. */
const defaultTimeoutMs = 240_000;
const answerSchema = z.object({ verification_code: z.string().trim().min(1) });
/** Longer ones are texts that hold a code. */
const longestCode = 10;

/**
 * Codes and links that the owner of a login is sent, by asking the run's `totp_url` until it has one. Rejects with an Error
 * for the user: named `Terminated` when none came in time.
 */
export function oneTimeCodes(options: OneTimeCodeOptions) {
  return async (kind: CodeKind, { timeoutMs, signal }: Limits): Promise<string> => {
    const { url, log, intervalMs = 10_000 } = options;
    if (url === null) {
      throw new Error(
        'There is no source of one-time codes: start the run with totp_url, an address that answers {"verification_code": "…"}.',
      );
    }
    const limit = timeoutMs ?? defaultTimeoutMs;
    const deadline = performance.now() + limit;
    log('info', `Asking for a one-time ${kind} at ${new URL(url).origin}.`);
    for (;;) {
      const found = await askOnce(options, url, kind, signal);
      if (found !== null) return found;
      const left = deadline - performance.now();
      if (left <= 0) throw terminated(`No one-time ${kind} came within ${limit / 1000} seconds`);
      await sleep(Math.min(intervalMs, left), undefined, { signal });
    }
  };
}

/** Null: not yet. */
async function askOnce(
  { ask, log }: OneTimeCodeOptions,
  url: string,
  kind: CodeKind,
  signal: AbortSignal,
): Promise<string | null> {
  const { status_code: status, response_body: body, error } = await ask(url, signal);
  if (status !== 200) {
    log('warning', `The source of one-time codes answered ${status ?? error}.`);
    return null;
  }
  const parsed = answerSchema.safeParse(jsonOf(body ?? ''));
  return parsed.success ? foundIn(parsed.data.verification_code, kind) : null;
}

function foundIn(text: string, kind: CodeKind): string {
  const pattern = kind === 'link' ? /https?:\/\/[^\s<>"']+/g : /(?<![\w-])\d{4,10}(?![\w-])/g;
  if (kind === 'code' && text.length <= longestCode) return text;
  const [first, ...others] = new Set(text.match(pattern));
  if (first !== undefined && others.length === 0) return first;
  throw new Error(
    `The source of one-time codes answered a text of ${text.length} characters in which there is not exactly one ${kind}.`,
  );
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function terminated(message: string): Error {
  const error = new Error(`${message} (OTP_TIMEOUT).`);
  error.name = 'Terminated';
  return error;
}
