/** Paper sizes that `print_page` knows (reference: blocks.md §4.14). */
export type PaperFormat = 'A4' | 'Letter' | 'Legal' | 'Tabloid';

export interface PrintPageOptions {
  readonly format: PaperFormat;
  readonly landscape: boolean;
  readonly printBackground: boolean;
  /** Adds date and title above, address and page number below. */
  readonly includeTimestamp: boolean;
}

/** The run's browser. It is opened (or attached to) by the first call that needs a page. */
export interface BrowserCapability {
  /**
   * Opens an absolute http(s) address in the run's current page and waits for `load`.
   * Rejects with BlockFailure ("Failed to navigate to url …") on any failure, a refused host included.
   */
  goto(url: string): Promise<{ readonly url: string; readonly status: number | null }>;
  /** The address of the current page; null while no browser is open or the page is blank. */
  currentUrl(): string | null;
  /**
   * Stores a picture of the current page, and puts a frame into the video.
   * Returns the artifact's id, or null when no browser is open or its page can no longer be painted. Never rejects.
   */
  screenshot(): Promise<string | null>;
  /** Prints the current page as PDF bytes. Rejects with BlockFailure when there is no page. */
  printPage(options: PrintPageOptions): Promise<Uint8Array>;
}
