/** The worker that runs JavaScript and TypeScript: once. */
import type { CodeResult } from '../code-result.ts';
import type { FromChild, StartMessage, ToChild } from '../messages.ts';
import { credentialObject } from './credential.ts';
import { lockDown } from './globals.ts';
import { outputLimit } from './limits.ts';
import { createConsole, createLog } from './log.ts';
import { type Helpers, PageClient, Terminated } from './page.ts';
import { toJson } from './to-json.ts';

/** `throw new ErrorCode('CODE', 'why')` ends the block with an error code of the user's own. */
class ErrorCode extends Error {
  override readonly name = 'ErrorCode';
  readonly code: string;
  constructor(...given: readonly unknown[]) {
    const [code, reasoning] = given;
    if (given.length !== 2 || typeof code !== 'string') {
      throw new TypeError('ErrorCode takes a code, which is a text, and a reason');
    }
    super(String(reasoning));
    this.code = code;
  }
}

const post: (message: FromChild) => void = globalThis.postMessage.bind(globalThis);
const { inspect } = Deno;
const mimeType = { javascript: 'text/javascript', typescript: 'application/typescript' };
const maxText = 8000;
const helperNames = ['otp', 'solveCaptcha', 'clickAndClaimDownload'];

let page: PageClient | null = null;
let ended = false;

addEventListener('message', (event: MessageEvent<ToChild>) => {
  const message = event.data;
  if (message.type === 'start') void run(message).then(end);
  else page?.receive(message);
});
addEventListener('unhandledrejection', (event) => {
  event.preventDefault();
  end(raised(event.reason));
});
addEventListener('error', (event) => {
  event.preventDefault();
  end(raised(event.error));
});
await lockDown();
post({ type: 'ready' });

function end(result: CodeResult): void {
  if (ended) return;
  ended = true;
  post({ type: 'end', result });
}

async function run(start: StartMessage): Promise<CodeResult> {
  const log = createLog(post, start.maxLogCost);
  if (start.page !== null) page = new PageClient(start.page, post);
  const scope = {
    ...variablesOf(start, page),
    ...(page === null ? {} : { page: page.object }),
    console: createConsole(log, (value) => inspect(value, { depth: 4, colors: false })),
    ErrorCode,
    sleep: (seconds: number) => new Promise((resolve) => setTimeout(resolve, seconds * 1000)),
  };
  // Globals, not parameters of a function: user code may declare the same names again.
  for (const [name, value] of Object.entries(scope)) {
    Reflect.defineProperty(globalThis, name, { value, writable: true, configurable: true });
  }
  const source = `export default async () => {\n${start.code}\n}`;
  const type = start.language === 'typescript' ? mimeType.typescript : mimeType.javascript;
  let body: () => Promise<unknown>;
  try {
    body = (await import(URL.createObjectURL(new Blob([source], { type })))).default;
  } catch (error) {
    return syntaxError(error, start.code);
  }
  try {
    const value = toJson(await body());
    const isTooLong = JSON.stringify(value).length > start.maxOutputBytes;
    return isTooLong ? outputLimit(start.maxOutputBytes) : { kind: 'returned', value };
  } catch (error) {
    return raised(error);
  }
}

/** Helpers give way to parameters of their names. */
function variablesOf(start: StartMessage, client: PageClient | null): Record<string, unknown> {
  const helpers: Helpers | null = client?.helpers ?? null;
  const bound = helperNames.map((name) => [
    name,
    (...args: unknown[]) => helpers?.[name]?.call(helpers, ...args),
  ]);
  const credentials = Object.entries(start.credentials);
  return {
    ...(helpers === null ? {} : Object.fromEntries(bound)),
    ...Object.assign({}, ...credentials.map(([, fields]) => fields)),
    ...start.variables,
    ...Object.fromEntries(
      credentials.map(([name, fields]) => [name, credentialObject(fields, helpers)]),
    ),
  };
}

/** Deno says "SyntaxError: what\n  |\n4 | source\n  | ~\n at blob:…:4:7", or "what at blob:…:4:7". */
function syntaxError(error: unknown, code: string): CodeResult {
  const full = textOf(error, 'message') ?? '';
  const last = code.split('\n').length;
  const found = lineIn(full);
  const line = found === null ? null : Math.min(found, last);
  const [first = ''] = full.split('\n');
  const what = first.replace(/^SyntaxError: /, '').replace(/ at blob:\S+$/, '');
  const message = line === null ? what : `${what} (line ${line})`;
  return { kind: 'raised', type: 'SyntaxError', message: message.slice(0, maxText), line };
}

function raised(error: unknown): CodeResult {
  if (error instanceof ErrorCode) {
    return {
      kind: 'error_code',
      code: error.code.slice(0, maxText),
      reasoning: error.message.slice(0, maxText),
    };
  }
  if (error instanceof Terminated) {
    return { kind: 'terminated', message: error.message.slice(0, maxText) };
  }
  return {
    kind: 'raised',
    type: (textOf(error, 'name') ?? 'Error').slice(0, maxText),
    message: (textOf(error, 'message') ?? describe(error)).slice(0, maxText),
    line: lineIn(textOf(error, 'stack') ?? ''),
  };
}

function textOf(error: unknown, key: 'name' | 'message' | 'stack'): string | null {
  try {
    const value = typeof error === 'object' && error !== null ? Reflect.get(error, key) : null;
    return typeof value === 'string' ? value : null;
  } catch {
    return null;
  }
}

function describe(error: unknown): string {
  try {
    return String(error);
  } catch {
    return 'an exception without a text';
  }
}

/** The user's code begins on the second line of the module. */
function lineIn(stack: string): number | null {
  const line = Number(/blob:\S+?:(\d+):\d+/.exec(stack)?.[1] ?? 0) - 1;
  return line > 0 ? line : null;
}
