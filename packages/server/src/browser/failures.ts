/** No browser can be started here: `message` says why and what to install or set. */
export class BrowserUnavailable extends Error {
  override readonly name = 'BrowserUnavailable';
}

/** The browser, or the page that the run worked in, ended by itself. Nothing more can be done in it. */
export class BrowserGone extends Error {
  override readonly name = 'BrowserGone';
}

/** An address could not be opened; `reason` is the browser's word (`net::ERR_NAME_NOT_RESOLVED`) or a sentence. */
export class NavigationFailure extends Error {
  override readonly name = 'NavigationFailure';
  readonly url: string;
  readonly reason: string;

  constructor(url: string, reason: string, options?: ErrorOptions) {
    super(`Failed to navigate to url ${url}. ${reason}`, options);
    this.url = url;
    this.reason = reason;
  }
}

/** First line of what an exception says. */
export function firstLine(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.split('\n', 1)[0] ?? '';
}
