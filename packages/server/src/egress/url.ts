import { LapwingError } from '../errors.ts';

/** Longest address that is taken, in characters (reference: api.md §3). */
const maxLength = 2083;
const scheme = /^([a-z][a-z0-9+.-]*):/i;
/** `host:port…`, which would otherwise read as a scheme. */
const hostWithPort = /^[^:/?#@\s]+:\d{1,5}(?:[/?#]|$)/;

function invalid(text: string, why: string): LapwingError {
  const shown = text.length > 100 ? `${text.slice(0, 100)}…` : text;
  return new LapwingError('invalid_url', `Invalid URL "${shown}": ${why}.`);
}

/**
 * Reads an http(s) address as a user writes it; without a scheme it is taken as https. Throws LapwingError
 * `invalid_url`.
 */
export function parseHttpUrl(text: string): URL {
  const trimmed = text.trim();
  if (trimmed === '') throw invalid(text, 'it is empty');
  if (trimmed.length > maxLength) throw invalid(text, `it is longer than ${maxLength} characters`);
  const named = hostWithPort.test(trimmed) ? undefined : scheme.exec(trimmed)?.[1];
  if (named !== undefined && !['http', 'https'].includes(named.toLowerCase())) {
    throw invalid(text, `only http and https are served, not ${named}`);
  }
  const url = URL.parse(named === undefined ? `https://${trimmed}` : trimmed);
  if (url === null || hostOf(url) === '') throw invalid(text, 'it names no host');
  return url;
}

/** The host in the one spelling that everything else compares: lower case, no brackets, no trailing dot. */
export function hostOf(url: URL): string {
  return url.hostname.replace(/^\[|\]$/g, '').replace(/\.+$/, '');
}

/** The port that is connected to. */
export function portOf(url: URL): number {
  if (url.port !== '') return Number(url.port);
  return url.protocol === 'http:' ? 80 : 443;
}

/** An address for messages: without user, password, query and fragment, which may hold secrets. */
export function shownUrl(text: string): string {
  const url = URL.parse(text);
  return url === null ? text : `${url.origin}${url.pathname}`;
}
