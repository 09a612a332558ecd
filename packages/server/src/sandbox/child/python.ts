/** The worker that runs Python, by Pyodide: once. */
import type { CodeResult } from '../code-result.ts';
import type { FromChild, StartMessage, ToChild } from '../messages.ts';
import { lockDown } from './globals.ts';
import { outputLimit } from './limits.ts';
import { createLog, type Log } from './log.ts';

/** The face of runner.py. Values cross as JSON text, so that no object of one language is alive in the other. */
interface Runner {
  run(start: string, log: Log, call: (id: number, call: string) => void): Promise<string>;
  receive(message: string): void;
}

const post: (message: FromChild) => void = globalThis.postMessage.bind(globalThis);
const pyodideUrl = new URL(`file://${encodeURI(self.name)}/`);
const runner = await load();
let log: Log = () => undefined;
let ended = false;

addEventListener('message', (event: MessageEvent<ToChild>) => {
  const message = event.data;
  if (message.type === 'start') void run(message);
  else runner.receive(JSON.stringify(message));
});
// Python itself broke down, by overflowing the stack of the engine for example: nothing that awaits it ever settles.
for (const event of ['unhandledrejection', 'error'] as const) {
  addEventListener(event, (failure) => {
    failure.preventDefault();
    end(brokenDown('reason' in failure ? failure.reason : failure.error));
  });
}
await lockDown();
post({ type: 'ready' });

async function load(): Promise<Runner> {
  const { loadPyodide } = await import(new URL('pyodide.mjs', pyodideUrl).href);
  const pyodide = await loadPyodide({
    indexURL: decodeURI(pyodideUrl.pathname),
    env: {},
    stdout: (line: string) => log('info', line),
    stderr: (line: string) => log('warn', line),
    stdin: () => null,
  });
  for (const module of ['rules', 'page_client', 'runner']) {
    const source = Deno.readTextFileSync(new URL(`./${module}.py`, import.meta.url));
    pyodide.FS.writeFile(`/home/pyodide/${module}.py`, source);
  }
  return pyodide.pyimport('runner');
}

async function run(start: StartMessage): Promise<void> {
  log = createLog(post, start.maxLogCost);
  const call = (id: number, text: string) => post({ type: 'call', id, call: JSON.parse(text) });
  try {
    const text = await runner.run(JSON.stringify(start), log, call);
    end(text.length > start.maxOutputBytes ? outputLimit(start.maxOutputBytes) : JSON.parse(text));
  } catch (error) {
    end(brokenDown(error));
  }
}

function end(result: CodeResult): void {
  if (ended) return;
  ended = true;
  post({ type: 'end', result });
}

function brokenDown(error: unknown): CodeResult {
  const message = `Python broke down: ${error instanceof Error ? error.message : error}`;
  return { kind: 'raised', type: 'RuntimeError', message: message.slice(0, 2000), line: null };
}
