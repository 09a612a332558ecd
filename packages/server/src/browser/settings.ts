/** Where a line about the browser's doings goes: the run's log, or the server's. */
export type BrowserLog = (level: 'debug' | 'info' | 'warning' | 'error', message: string) => void;

export interface Viewport {
  /** CSS pixels. */
  readonly width: number;
  readonly height: number;
}

/** The headless shell is small and fast; full Chromium looks like a person's browser and takes three times the memory. */
export type BrowserKind = 'headless-shell' | 'chromium';

export interface BrowserSettings {
  /** Path of a Chromium; null: look for one. */
  readonly executablePath: string | null;
  /** Which kind is looked for first. */
  readonly kind: BrowserKind;
  /** Start flags added behind our own, so that they win. */
  readonly extraArgs: readonly string[];
  readonly viewport: Viewport;
  /** BCP 47, as `en-US`. */
  readonly locale: string;
  /** IANA name, as `Europe/Berlin`; null: the machine's. */
  readonly timeZone: string | null;
  readonly navigationTimeoutMs: number;
  /** Absolute folder of the browsers' user-data directories. Made when missing. */
  readonly directory: string;
}

/** Everything but the directory, which only the operator knows. */
export const defaultBrowserSettings: Omit<BrowserSettings, 'directory'> = {
  executablePath: null,
  kind: 'headless-shell',
  extraArgs: [],
  viewport: { width: 1280, height: 720 },
  locale: 'en-US',
  timeZone: null,
  navigationTimeoutMs: 60_000,
};
