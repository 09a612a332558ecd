import type { z } from 'zod';
import { CliError } from './cli-error.ts';
import type { Invocation } from './command.ts';

/** A server over HTTP. */
export interface Client {
  /** Where it is, without a slash at the end. */
  readonly url: string;
  /** @throws CliError when it is not reached, refuses, or answers something else. */
  request<T extends z.ZodType>(
    method: 'GET' | 'POST' | 'DELETE',
    path: string,
    schema: T,
    body?: unknown,
  ): Promise<z.output<T>>;
}

interface Issue {
  readonly loc?: readonly unknown[];
  readonly msg?: string;
}

/** What a refusal says, in lines. */
function detailOf(text: string): string {
  try {
    const { detail } = JSON.parse(text) as { detail?: unknown };
    if (typeof detail === 'string') return detail;
    if (!Array.isArray(detail)) return text;
    const lines = (detail as Issue[]).map(({ loc = [], msg }) => `${loc.join('.')}: ${msg}`);
    return lines.join('\n');
  } catch {
    return text;
  }
}

const timeoutMs = 60_000;

async function send(url: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(url, { ...init, signal: AbortSignal.timeout(timeoutMs) });
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new CliError(`${url} was not reached: ${reason}`, 1, { cause: error });
  }
}

/** The server that the options or the environment name. @throws CliError, also when they name none. */
export function requireClient(invocation: Invocation): Client {
  const client = findClient(invocation);
  if (client === null) throw new CliError('No server: set LAPWING_URL, or use --url', 2);
  return client;
}

/** The server that the options or the environment name; null when they name none. @throws CliError */
export function findClient(invocation: Invocation): Client | null {
  const { options, environment } = invocation;
  const given = String(options.url ?? environment.LAPWING_URL ?? '').replace(/\/+$/, '');
  if (given === '') return null;
  if (!URL.canParse(given)) throw new CliError(`${given} is no address: send http://host:port`, 2);
  const key = String(options['api-key'] ?? environment.LAPWING_API_KEY ?? '');
  if (key === '') throw new CliError('No API key: set LAPWING_API_KEY, or use --api-key', 2);
  return {
    url: given,
    request: async (method, path, schema, body) => {
      const json = body === undefined ? {} : { body: JSON.stringify(body) };
      const headers = { 'x-api-key': key, 'content-type': 'application/json' };
      const response = await send(given + path, { method, headers, ...json });
      const text = await response.text();
      if (!response.ok) throw new CliError(`HTTP ${response.status}: ${detailOf(text)}`);
      try {
        return schema.parse(JSON.parse(text));
      } catch (error) {
        throw new CliError(`${given}${path} did not answer as Lapwing does`, 1, { cause: error });
      }
    },
  };
}
