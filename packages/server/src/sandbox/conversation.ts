import { setTimeout as delay } from 'node:timers/promises';
import { abortable } from './abortable.ts';
import { logCost, outputLimit } from './child/limits.ts';
import type { SandboxChild } from './child-process.ts';
import type { CodeResult, Json, Language, LogLevel } from './code-result.ts';
import type { FromChild, PageSetup, ToChild } from './messages.ts';
import type { PageRpc } from './page-rpc.ts';
import { residentBytes } from './resident-bytes.ts';

export interface SandboxRequest {
  readonly language: Language;
  /** Statements, run as the body of an async function. */
  readonly code: string;
  /** Become variables of these names. */
  readonly variables: Readonly<Record<string, Json>>;
  /** Become objects of these names. Their fields are variables too, where no other has the name. */
  readonly credentials: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** For the user's code alone, not for the start of the child. */
  readonly timeoutMs: number;
  /** Resident memory above that of the child before the code. Default 256 MB. */
  readonly memoryBytes?: number;
  /** Of the result's JSON. Default 4 MB. */
  readonly maxOutputBytes?: number;
  /** What user code sees as `page`; null when there is none. */
  readonly page: PageRpc | null;
  /** A line of `print` or `console`; about 2,500 short ones or 256 KB of long ones, then no more. */
  readonly onLog: (level: LogLevel, message: string) => void;
  readonly signal: AbortSignal;
}

const defaultMemoryBytes = 256 * 2 ** 20;
const defaultOutputBytes = 4 * 2 ** 20;
const maxLogCost = 256 * 2 ** 10;
/** The child stops by itself at maxLogCost. One that goes on is not ours any more. */
const hardLogCost = 2 * maxLogCost;
const memoryIntervalMs = 50;
/** More calls than this are not read from the pipe until some are answered. */
const maxPendingCalls = 64;

export interface Outcome {
  readonly result: CodeResult;
  /** Whether the code came to its own end. If not, the child cannot be used any more. */
  readonly isOver: boolean;
}

/** Runs one piece of user code in a child that is idle. Rejects only with the signal's reason. The caller ends the child. */
export async function converse(child: SandboxChild, request: SandboxRequest): Promise<Outcome> {
  const over = new AbortController();
  const stopped = AbortSignal.any([request.signal, over.signal]);
  const calls = new CallDesk(child, request.page);
  try {
    request.signal.throwIfAborted();
    const setup = await abortable(calls.setUp(request.code), request.signal);
    const limits = [
      timeLimit(request.timeoutMs, stopped),
      memoryLimit(child, request.memoryBytes ?? defaultMemoryBytes, stopped),
    ];
    return await Promise.race([listen({ child, request, calls, setup }), ...limits.map(cutOff)]);
  } finally {
    over.abort();
    calls.close();
    request.page?.close();
  }
}

async function cutOff(limit: Promise<CodeResult>): Promise<Outcome> {
  return { result: await limit, isOver: false };
}

interface Talk {
  readonly child: SandboxChild;
  readonly request: SandboxRequest;
  readonly calls: CallDesk;
  readonly setup: PageSetup | null;
}

async function listen({ child, request, calls, setup }: Talk): Promise<Outcome> {
  const { language, code, variables, credentials } = request;
  const maxOutputBytes = request.maxOutputBytes ?? defaultOutputBytes;
  const broken = (result: CodeResult): Outcome => ({ result, isOver: false });
  const start = {
    type: 'start',
    language,
    code,
    variables,
    credentials,
    page: setup,
    maxLogCost,
    maxOutputBytes,
  } as const;
  let cost = 0;
  for await (const heard of child.talk(start)) {
    if (heard.kind === 'too_long') return broken(outputLimit(maxOutputBytes));
    if (heard.kind === 'forged') return broken(forged());
    const { message, bytes } = heard;
    switch (message.type) {
      case 'log':
        cost += logCost(message.message);
        if (cost > hardLogCost) return broken(outputLimit(hardLogCost));
        request.onLog(message.level, message.message);
        break;
      case 'call':
        await calls.answer(message);
        break;
      case 'settled':
        return broken(forged());
      case 'end':
        if (bytes > maxOutputBytes) return broken(outputLimit(maxOutputBytes));
        return { result: message.result, isOver: message.result.kind !== 'limit' };
    }
  }
  return broken(await afterExit(child));
}

/** Passes the calls of user code on to the page, and the answers back. */
class CallDesk {
  readonly #child: SandboxChild;
  readonly #page: PageRpc | null;
  readonly #pending = new Set<Promise<void>>();
  #isOpen = true;

  constructor(child: SandboxChild, page: PageRpc | null) {
    this.#child = child;
    this.#page = page;
  }

  /** The page is opened before the code runs, as `page.url` is known without asking; but only for code that names it. */
  async setUp(code: string): Promise<PageSetup | null> {
    if (this.#page === null) return null;
    const values = /\bpage\b/.test(code)
      ? await this.#page.open((changed) => this.#send({ type: 'values', values: changed }))
      : {};
    return { surface: this.#page.surface, values };
  }

  /** Resolves when there is room for another call. */
  async answer({ id, call }: Extract<FromChild, { type: 'call' }>): Promise<void> {
    const answering = this.#answer(id, call).finally(() => this.#pending.delete(answering));
    this.#pending.add(answering);
    if (this.#pending.size >= maxPendingCalls) await Promise.race(this.#pending);
  }

  /** The next piece of code in this child must not get an answer to a question of this one. */
  close(): void {
    this.#isOpen = false;
  }

  #send(message: ToChild): void {
    if (this.#isOpen) this.#child.send(message);
  }

  async #answer(id: number, call: unknown): Promise<void> {
    try {
      if (this.#page === null) throw new TypeError('This code has no page.');
      this.#send({ type: 'reply', id, value: (await this.#page.call(call)) ?? null });
    } catch (error) {
      const { name, message } = error instanceof Error ? error : new Error(String(error));
      this.#send({ type: 'failure', id, name, message });
    }
  }
}

async function timeLimit(timeoutMs: number, signal: AbortSignal): Promise<CodeResult> {
  await abortable(delay(timeoutMs, undefined, { signal }), signal);
  const message = `The code did not end within ${timeoutMs / 1000} seconds.`;
  return { kind: 'limit', limit: 'time', message };
}

async function memoryLimit(
  child: SandboxChild,
  limit: number,
  signal: AbortSignal,
): Promise<CodeResult> {
  const baseline = await residentBytes(child.pid);
  do {
    await abortable(delay(memoryIntervalMs, undefined, { signal }), signal);
  } while ((await residentBytes(child.pid)) - baseline <= limit);
  return memoryExceeded(limit);
}

async function afterExit(child: SandboxChild): Promise<CodeResult> {
  const exit = await child.exited;
  // V8 ends the process when its heap is full, and the system does when the machine's memory is.
  if (exit.signal === 'SIGKILL' || /out of memory/i.test(exit.stderr)) return memoryExceeded(null);
  const message = `The code ended its own process (exit code ${exit.code}, signal ${exit.signal}).`;
  return { kind: 'raised', type: 'SandboxExit', message, line: null };
}

function memoryExceeded(limit: number | null): CodeResult {
  const size = limit === null ? 'memory than there is' : `than ${limit / 2 ** 20} MB of memory`;
  return { kind: 'limit', limit: 'memory', message: `The code needed more ${size}.` };
}

function forged(): CodeResult {
  const message = "The code wrote into the sandbox's own channel.";
  return { kind: 'raised', type: 'SandboxViolation', message, line: null };
}
