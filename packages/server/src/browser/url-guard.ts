import type { CDPSession } from 'playwright-core';
import { firstLine, NavigationFailure } from './failures.ts';

/** Resolves when an http(s) address may be opened; rejects with the reason when not. */
export type UrlGuard = (url: string) => Promise<void>;

/** The address as the browser will write it. Throws {@link NavigationFailure} for all but http, https and about:blank. */
export function openableAddress(url: string): string {
  const parsed = URL.parse(url);
  if (parsed === null) throw new NavigationFailure(url, 'It is not an absolute address.');
  if (parsed.href === 'about:blank' || isWeb(parsed.href)) return parsed.href;
  throw new NavigationFailure(
    url,
    `Only http and https addresses can be opened, not ${parsed.protocol.slice(0, -1)}.`,
  );
}

/** Whether the guard has a say in it. */
export function isWeb(url: string): boolean {
  return /^https?:/i.test(url);
}

/** Addresses of pages that show nothing yet; some versions of Chromium call one that never will `:`. */
const blanks: readonly string[] = ['', 'about:blank', ':'];

/** Whether a page has been nowhere yet. */
export const isBlank = (url: string): boolean => blanks.includes(url);

interface PausedRequest {
  readonly requestId: string;
  readonly request: { readonly url: string };
}

/**
 * Holds every document that the page asks for, redirects and frames included, until the guard has spoken. Only documents
 * are held, so that a page's many other requests cost nothing.
 */
export async function guardDocuments(
  session: CDPSession,
  guard: UrlGuard,
  onRefused: (url: string, error: unknown) => void,
): Promise<void> {
  session.on('Fetch.requestPaused', (event: PausedRequest) => {
    decide(session, event, guard).catch((error) => onRefused(event.request.url, error));
  });
  await session.send('Fetch.enable', {
    patterns: [{ urlPattern: 'http*', resourceType: 'Document', requestStage: 'Request' }],
  });
}

async function decide(session: CDPSession, event: PausedRequest, guard: UrlGuard): Promise<void> {
  const { requestId } = event;
  try {
    await guard(event.request.url);
  } catch (error) {
    await session
      .send('Fetch.failRequest', { requestId, errorReason: 'BlockedByClient' })
      .catch(() => {});
    throw error;
  }
  // A page that has gone meanwhile needs no answer.
  await session.send('Fetch.continueRequest', { requestId }).catch(() => {});
}

/** A line for the run's log. */
export function refusalMessage(url: string, error: unknown): string {
  return `The page was not allowed to open ${url}: ${firstLine(error)}`;
}
