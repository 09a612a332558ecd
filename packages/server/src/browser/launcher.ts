import { chromium } from 'playwright-core';
import { browserArguments, browserEnvironment } from './arguments.ts';
import { type Executable, findExecutable } from './executable.ts';
import { BrowserUnavailable } from './failures.ts';
import { adoptBrowser, type BrowserPlace, type BrowserProcess, startBrowser } from './process.ts';
import { currentOwner, type Owner } from './process-record.ts';
import type { BrowserSettings } from './settings.ts';

const startTimeoutMs = 30_000;

/** What every start of this process has in common. */
interface Ground {
  readonly executable: Executable;
  readonly owner: Owner;
}

/** Starts browsers of one kind of settings; finds and tries the executable at the first start. */
export class BrowserLauncher {
  readonly #settings: BrowserSettings;
  readonly #env: Readonly<Record<string, string | undefined>>;
  #ground: Promise<Ground> | null = null;
  #tried: Promise<void> | null = null;
  #owner: Promise<Owner> | null = null;

  /** `env` is the server's environment; only a few variables of it reach the browser. */
  constructor(settings: BrowserSettings, env: Readonly<Record<string, string | undefined>>) {
    this.#settings = settings;
    this.#env = env;
  }

  /** Rejects with {@link BrowserUnavailable}, or with the signal's reason. */
  async launch(signal: AbortSignal): Promise<BrowserProcess> {
    const { executable, owner } = await this.#findGround();
    const settings = this.#settings;
    const browser = await startBrowser(
      {
        executable: executable.path,
        arguments: (userDataDirectory) =>
          browserArguments(settings, { userDataDirectory, root: process.getuid?.() === 0 }),
        env: browserEnvironment(this.#env, executable.env, settings.timeZone),
        directory: settings.directory,
        owner,
        timeoutMs: startTimeoutMs,
      },
      signal,
    );
    try {
      this.#tried ??= checkText(browser, executable.path);
      await this.#tried;
      return browser;
    } catch (error) {
      this.#tried = null;
      await browser.end();
      throw error;
    }
  }

  /** Takes over the browser of a run whose worker was lost; null when it cannot be reached any more. */
  async adopt(place: BrowserPlace, runId: string): Promise<BrowserProcess | null> {
    this.#owner ??= currentOwner();
    return adoptBrowser(place, await this.#owner, runId);
  }

  /** The path of the browser that would be started. Rejects with {@link BrowserUnavailable} when there is none. */
  async locate(): Promise<string> {
    return (await this.#findGround()).executable.path;
  }

  /** A failure is not kept: the operator may install a browser while the server runs. */
  #findGround(): Promise<Ground> {
    this.#ground ??= findGround(this.#settings, this.#env).catch((error) => {
      this.#ground = null;
      throw error;
    });
    return this.#ground;
  }
}

async function findGround(
  settings: BrowserSettings,
  env: Readonly<Record<string, string | undefined>>,
): Promise<Ground> {
  const [executable, owner] = await Promise.all([
    findExecutable(settings, env.PATH),
    currentOwner(),
  ]);
  return { executable, owner };
}

/** A Chromium without a font draws pages without text, and says nothing: every later failure would be a riddle. */
async function checkText(process: BrowserProcess, path: string): Promise<void> {
  const browser = await chromium.connectOverCDP(process.cdpUrl, { isLocal: true });
  try {
    const page = await browser.newPage();
    await page.setContent('<span>Lapwing</span>');
    const width = await page.evaluate(() => document.querySelector('span')?.offsetWidth ?? 0);
    if (width === 0) {
      throw new BrowserUnavailable(
        `The browser ${path} draws no text: no font was found. Install one (Debian and Ubuntu: apt-get install fonts-liberation).`,
      );
    }
  } finally {
    await browser.close();
  }
}
