import type { HttpResponse } from '@lapwing/workflow';
import type { HttpClient } from '../egress/http-client.ts';
import { type OutgoingFile, TargetFailure } from './target.ts';

const maxAnswerBytes = 1024 * 1024;
const slowestBytesPerSecond = 100_000;

/** Puts the content of a file at an address, streamed. It may take a minute, and as long as 100 kB/s take. */
export async function sendFile(
  http: HttpClient,
  to: { readonly url: string; readonly headers: Readonly<Record<string, string>> },
  file: OutgoingFile,
  signal: AbortSignal,
): Promise<HttpResponse> {
  const stream = await file.open();
  try {
    return await http.request(
      {
        method: 'PUT',
        url: to.url,
        headers: to.headers,
        body: { kind: 'stream', stream, bytes: file.bytes },
        timeoutSeconds: 60 + file.bytes / slowestBytesPerSecond,
        followRedirects: false,
        maxBytes: maxAnswerBytes,
      },
      signal,
    );
  } finally {
    stream.destroy();
  }
}

/**
 * Lets an answer of 200 to 299 pass.
 * @throws TargetFailure with the code and the message that the answer gives, in XML or in JSON
 */
export function expectSuccess(response: HttpResponse, what: string): void {
  if (response.status >= 200 && response.status <= 299) return;
  const text = new TextDecoder().decode(response.body);
  const said = [/<Code>([^<]*)/, /<Message>([^<\n]*)/, /"message":\s*"([^"]*)/]
    .map((pattern) => pattern.exec(text)?.[1])
    .filter((part) => part !== undefined)
    .join(': ');
  throw new TargetFailure(
    `${what} answered HTTP ${response.status}${said === '' ? '' : ` (${said.slice(0, 500)})`}`,
  );
}
