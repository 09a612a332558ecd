import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { profilePreferences } from './arguments.ts';
import { BrowserUnavailable, firstLine } from './failures.ts';
import {
  type BrowserRecord,
  directoryPrefix,
  type Owner,
  readRecord,
  writeRecord,
} from './process-record.ts';
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
  const { owner } = options;
  const record = { owner, pid: null, cdpUrl: null, startedAt: null, runId: null };
  await writeRecord(userData, record);
  const log = join(userData, 'chromium.log');
  const child = spawnDetached(options, userData, log);
  const exited = exitOf(child);
  try {
    const cdpUrl = await debuggingUrl(userData, exited, options.timeoutMs, signal);
    const startedAt = new Date().toISOString();
    const facts = { ...record, pid: child.pid ?? 0, cdpUrl, startedAt };
    await writeRecord(userData, facts);
    return new BrowserProcess({ child, exited, userData, record: facts });
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
  }
  await endGroup(pid, userData);
}

/** Ends what is left of a browser, and removes its user-data directory. */
async function endGroup(pid: number | undefined, userData: string): Promise<void> {
  if (pid !== undefined) {
    killGroup(pid);
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

/** Where a browser runs that may outlive the process that started it. */
export interface BrowserPlace {
  /** See {@link currentHost}. */
  readonly host: string;
  readonly pid: number;
  readonly cdpUrl: string;
  /** Absolute. */
  readonly userDataDirectory: string;
}

/**
 * Takes over the browser of a run whose worker was lost. Null when it does not run any more, or not here: then nothing
 * has changed.
 */
export async function adoptBrowser(
  place: BrowserPlace,
  owner: Owner,
  runId: string,
): Promise<BrowserProcess | null> {
  const { userDataDirectory: userData, pid } = place;
  if (place.host !== owner.host) return null;
  const [record, processes] = await Promise.all([readRecord(userData), listProcesses()]);
  const runs = processes.some(
    (entry) => entry.group === pid && entry.arguments.includes(`--user-data-dir=${userData}`),
  );
  if (!runs || record?.pid !== pid || record.cdpUrl === null) return null;
  const adopted = { ...record, pid, cdpUrl: record.cdpUrl, owner, runId };
  await writeRecord(userData, adopted);
  return new BrowserProcess({ child: null, exited: endOf(pid), userData, record: adopted });
}

const lookMs = 1_000;

/** Resolves when a process has ended that is no child of ours; keeps no process alive. */
function endOf(pid: number): Promise<void> {
  return new Promise((resolve) => {
    const timer = setInterval(() => {
      try {
        process.kill(pid, 0);
      } catch {
        clearInterval(timer);
        resolve();
      }
    }, lookMs);
    timer.unref();
  });
}

type RunningRecord = BrowserRecord & { readonly pid: number; readonly cdpUrl: string };

/** A Chromium that runs. */
export class BrowserProcess {
  readonly place: BrowserPlace;
  /** Resolves when the browser has ended, for whatever reason. */
  readonly exited: Promise<void>;
  /** Null for one that another process has started. */
  readonly #child: ChildProcess | null;
  #record: RunningRecord;
  #ending: Promise<void> | null = null;

  constructor(facts: {
    readonly child: ChildProcess | null;
    readonly exited: Promise<unknown>;
    readonly userData: string;
    readonly record: RunningRecord;
  }) {
    const { pid, cdpUrl, owner } = facts.record;
    this.#child = facts.child;
    this.#record = facts.record;
    this.place = { host: owner.host, pid, cdpUrl, userDataDirectory: facts.userData };
    this.exited = facts.exited.then(() => {});
  }

  /** Also the id of its process group. */
  get pid(): number {
    return this.place.pid;
  }

  /** WebSocket address of its debugging port, on the loopback interface. */
  get cdpUrl(): string {
    return this.place.cdpUrl;
  }

  get userDataDirectory(): string {
    return this.place.userDataDirectory;
  }

  /** Says whose it is from now on: if we die, it waits for whoever takes the run up. */
  async giveTo(runId: string): Promise<void> {
    this.#record = { ...this.#record, runId };
    await writeRecord(this.userDataDirectory, this.#record);
  }

  /** Lets go of a browser that goes on for another worker, unless that has taken it over already. Never rejects. */
  async leave(): Promise<void> {
    const { owner } = this.#record;
    const now = await readRecord(this.userDataDirectory);
    if (now === null || now.owner.pid !== owner.pid || now.owner.started !== owner.started) return;
    const nobody = { ...owner, pid: 0 };
    await writeRecord(this.userDataDirectory, { ...now, owner: nobody }).catch(() => {});
  }

  /** Ends all its processes and removes its user-data directory. Idempotent. */
  end(): Promise<void> {
    const { pid, userDataDirectory } = this;
    this.#ending ??=
      this.#child === null
        ? endGroup(pid, userDataDirectory)
        : endBrowser(this.#child, this.exited, userDataDirectory);
    return this.#ending;
  }
}
