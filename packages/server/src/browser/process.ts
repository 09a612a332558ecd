import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { profilePreferences } from './arguments.ts';
import { BrowserUnavailable, firstLine } from './failures.ts';
import { directoryPrefix, type Owner, writeRecord } from './process-record.ts';
import { killGroup, listProcesses } from './process-table.ts';
import { pause } from './waiting.ts';

export interface StartOptions {
  readonly executable: string;
  /** Called with the new user-data directory. */
  readonly arguments: (userDataDirectory: string) => readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Folder in which the user-data directory is made. */
  readonly directory: string;
  readonly owner: Owner;
  readonly timeoutMs: number;
}

/**
 * Starts a Chromium in a process group of its own, with a user-data directory of its own: it outlives us if we are
 * killed. Rejects with {@link BrowserUnavailable}, or the signal's reason; then nothing is left behind.
 */
export async function startBrowser(
  options: StartOptions,
  signal: AbortSignal,
): Promise<BrowserProcess> {
  signal.throwIfAborted();
  const userData = await newUserDataDirectory(options.directory);
  await writeRecord(userData, { owner: options.owner, pid: null, cdpUrl: null, startedAt: null });
  const log = join(userData, 'chromium.log');
  const child = spawnDetached(options, userData, log);
  const exited = exitOf(child);
  try {
    const cdpUrl = await debuggingUrl(userData, exited, options.timeoutMs, signal);
    const browser = new BrowserProcess({ child, cdpUrl, userData, exited });
    await writeRecord(userData, {
      owner: options.owner,
      pid: browser.pid,
      cdpUrl,
      startedAt: new Date().toISOString(),
    });
    return browser;
  } catch (error) {
    const said = await readFile(log, 'utf8').catch(() => '');
    await endBrowser(child, exited, userData);
    signal.throwIfAborted();
    throw startFailure(options.executable, error, said);
  }
}

/** Makes the folder before Chromium does, with a profile whose preferences suit a driver. */
async function newUserDataDirectory(directory: string): Promise<string> {
  await mkdir(directory, { recursive: true });
  const userData = await mkdtemp(join(directory, directoryPrefix));
  await mkdir(join(userData, 'Default'));
  await writeFile(join(userData, 'Default', 'Preferences'), JSON.stringify(profilePreferences));
  return userData;
}

function spawnDetached(options: StartOptions, userData: string, log: string): ChildProcess {
  // A file, not a pipe: a pipe would break when we die before the browser does.
  const output = openSync(log, 'w');
  try {
    const child = spawn(options.executable, options.arguments(userData), {
      detached: true,
      stdio: ['ignore', output, output],
      env: options.env,
    });
    child.unref();
    return child;
  } finally {
    closeSync(output);
  }
}

type Exit = { readonly error: Error | null };

async function exitOf(child: ChildProcess): Promise<Exit> {
  try {
    await once(child, 'exit');
    return { error: null };
  } catch (error) {
    return { error: error instanceof Error ? error : new Error(String(error)) };
  }
}

/** Chromium writes port and path into a file, which is empty for a moment. */
async function debuggingUrl(
  userData: string,
  exited: Promise<Exit>,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<string> {
  const deadline = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
  let exit: Exit | null = null;
  exited.then((value) => {
    exit = value;
  });
  for (;;) {
    const text = await readFile(join(userData, 'DevToolsActivePort'), 'utf8').catch(() => '');
    const match = /^(\d+)\n(\/\S+)/.exec(text);
    if (match !== null) return `ws://127.0.0.1:${match[1]}${match[2]}`;
    if (exit !== null) throw (exit as Exit).error ?? new Error('it ended at once');
    await pause(10, deadline);
  }
}

function startFailure(executable: string, error: unknown, said: string): BrowserUnavailable {
  const why =
    error instanceof DOMException && error.name === 'TimeoutError'
      ? 'it did not answer in time'
      : firstLine(error);
  const output = said.trim() === '' ? '' : ` It said: ${said.trim().slice(-500)}`;
  return new BrowserUnavailable(
    `The browser ${executable} could not be started: ${why}.${output}`,
    {
      cause: error,
    },
  );
}

async function endBrowser(
  child: ChildProcess,
  exited: Promise<unknown>,
  userData: string,
): Promise<void> {
  const { pid } = child;
  if (pid !== undefined) {
    // A process that shuts down waits for its browsers' ends, though not for the browsers.
    child.ref();
    killGroup(pid);
    await exited;
    await groupEnded(pid);
  }
  await rm(userData, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 });
}

/** Waits up to 2 s until no process of the group runs. The kernel may take a moment to end a large one. */
async function groupEnded(group: number): Promise<void> {
  const deadline = Date.now() + 2_000;
  while (Date.now() < deadline) {
    if (!(await listProcesses()).some((entry) => entry.group === group)) return;
    await pause(10, new AbortController().signal);
  }
}

/** A Chromium that runs. */
export class BrowserProcess {
  /** Also the id of its process group. */
  readonly pid: number;
  /** WebSocket address of its debugging port, on the loopback interface. */
  readonly cdpUrl: string;
  readonly userDataDirectory: string;
  /** Resolves when the browser has ended, for whatever reason. */
  readonly exited: Promise<void>;
  readonly #child: ChildProcess;
  #ending: Promise<void> | null = null;

  constructor(facts: {
    readonly child: ChildProcess;
    readonly cdpUrl: string;
    readonly userData: string;
    readonly exited: Promise<unknown>;
  }) {
    this.#child = facts.child;
    this.pid = facts.child.pid ?? 0;
    this.cdpUrl = facts.cdpUrl;
    this.userDataDirectory = facts.userData;
    this.exited = facts.exited.then(() => {});
  }

  /** Ends all its processes and removes its user-data directory. Idempotent. */
  end(): Promise<void> {
    this.#ending ??= endBrowser(this.#child, this.exited, this.userDataDirectory);
    return this.#ending;
  }
}
