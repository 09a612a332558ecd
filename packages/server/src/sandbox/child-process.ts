import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { LapwingError } from '../errors.ts';
import { type ChildKind, childCommand } from './deno.ts';
import { type FromChild, fromChild, type StartMessage, type ToChild } from './messages.ts';
import { residentBytes } from './resident-bytes.ts';

/** The longest line that a child may write: a call that carries a file for the page is the largest. */
const maxLineBytes = 32 * 2 ** 20;
const keptStderr = 4000;

/** How a child ended. */
export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stderr: string;
}

/** What a child said: a message, or something that it must not say. */
export type Heard =
  | {
      readonly kind: 'message';
      readonly message: Exclude<FromChild, { type: 'ready' }>;
      readonly bytes: number;
    }
  | { readonly kind: 'too_long' }
  | { readonly kind: 'forged' };

/** One Deno process, which runs pieces of user code one after another. It leads a process group of its own. */
export class SandboxChild {
  readonly kind: ChildKind;
  readonly pid: number;
  /** Resolves when the process is gone; never rejects. */
  readonly exited: Promise<Exit>;
  /** Resident memory before any user code. */
  readonly baselineBytes: number;
  readonly #process: ChildProcess;
  readonly #lines: AsyncGenerator<Buffer | null>;
  #token = Buffer.alloc(0);

  private constructor(parts: Started & { baselineBytes: number }) {
    this.kind = parts.kind;
    this.pid = parts.pid;
    this.exited = parts.exited;
    this.baselineBytes = parts.baselineBytes;
    this.#process = parts.process;
    this.#lines = parts.lines;
  }

  /** False as soon as the process is known to have ended, before its last output is read. */
  get isAlive(): boolean {
    return this.#process.exitCode === null && this.#process.signalCode === null;
  }

  /**
   * Resolves when the child waits for user code. Throws LapwingError `unavailable` when it does not get there, also
   * because the signal ended it.
   */
  static async start(kind: ChildKind, signal: AbortSignal): Promise<SandboxChild> {
    const started = spawnChild(kind);
    const abort = () => killGroup(started.pid);
    signal.addEventListener('abort', abort, { once: true });
    try {
      const first = await started.lines.next();
      if (first.value?.toString() === '{"type":"ready"}') {
        return new SandboxChild({ ...started, baselineBytes: await residentBytes(started.pid) });
      }
      abort();
      const exit = await started.exited;
      throw new LapwingError(
        'unavailable',
        `The sandbox for ${kind} did not start (exit code ${exit.code}, signal ${exit.signal}): ${exit.stderr}`,
      );
    } finally {
      signal.removeEventListener('abort', abort);
    }
  }

  send(message: ToChild): void {
    this.#process.stdin?.write(`${JSON.stringify(message)}\n`);
  }

  /** Hands over a piece of user code, then gives what the child says. Each line of it begins with a token of this piece. */
  async *talk(start: Omit<StartMessage, 'token'>): AsyncGenerator<Heard> {
    const token = `${randomBytes(16).toString('hex')} `;
    this.#token = Buffer.from(token);
    this.send({ ...start, token });
    for (let heard = await this.hear(); heard !== null; heard = await this.hear()) yield heard;
  }

  /** What the child says next; null when it has ended. For one listener at a time. */
  async hear(): Promise<Heard | null> {
    const line = await this.#lines.next();
    if (line.done === true) return null;
    return line.value === null ? { kind: 'too_long' } : read(line.value, this.#token);
  }

  /** Ends the process and all that it started. Resolves when it is gone. */
  async kill(): Promise<void> {
    killGroup(this.pid);
    await this.exited;
  }
}

interface Started {
  readonly kind: ChildKind;
  readonly pid: number;
  readonly process: ChildProcess;
  readonly exited: Promise<Exit>;
  readonly lines: AsyncGenerator<Buffer | null>;
}

function spawnChild(kind: ChildKind): Started {
  const { program, args, env, cwd } = childCommand(kind);
  const child = spawn(program, args, { env, cwd, detached: true, stdio: 'pipe' });
  const { pid } = child;
  if (pid === undefined) {
    child.on('error', () => undefined);
    throw new LapwingError('unavailable', `The sandbox's program ${program} cannot be started.`);
  }
  // A child that is gone is noticed by its exit.
  child.stdin.on('error', () => undefined);
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr = `${stderr}${text}`.slice(-keptStderr);
  });
  const exited = once(child, 'close').then(
    ([code, signal]): Exit => ({ code, signal, stderr }),
    (error: unknown): Exit => ({ code: null, signal: null, stderr: String(error) }),
  );
  return { kind, pid, process: child, exited, lines: splitLines(child.stdout) };
}

function killGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // It is gone already.
  }
}

function read(line: Buffer, token: Buffer): Heard {
  if (!line.subarray(0, token.length).equals(token)) return { kind: 'forged' };
  const parsed = fromChild.safeParse(parseJson(line.subarray(token.length).toString()));
  return parsed.success
    ? { kind: 'message', message: parsed.data, bytes: line.length - token.length }
    : { kind: 'forged' };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The lines of a stream; null for one that is too long, which is the last. */
async function* splitLines(stream: AsyncIterable<Buffer>): AsyncGenerator<Buffer | null> {
  let parts: Buffer[] = [];
  let size = 0;
  for await (const chunk of stream) {
    let from = 0;
    for (let end = chunk.indexOf(10); end !== -1; end = chunk.indexOf(10, from)) {
      yield Buffer.concat([...parts, chunk.subarray(from, end)]);
      parts = [];
      size = 0;
      from = end + 1;
    }
    parts.push(chunk.subarray(from));
    size += chunk.length - from;
    if (size > maxLineBytes) {
      yield null;
      return;
    }
  }
}
