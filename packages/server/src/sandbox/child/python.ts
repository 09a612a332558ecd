/** The worker that runs Python, by Pyodide: once. */
import type { CodeResult } from '../code-result.ts';
import type { FromChild, StartMessage, ToChild } from '../messages.ts';
import { lockDown } from './globals.ts';
import { createLog, type Log } from './log.ts';

/** The face of runner.py. Values cross as JSON text, so that no object of one language is alive in the other. */
interface Runner {
  run(start: string, log: Log, call: (id: number, call: string) => void): Promise<string>;
  receive(message: string): void;
}

const post: (message: FromChild) => void = globalThis.postMessage.bind(globalThis);
const pyodideUrl = new URL(`file://${encodeURI(globalThis.name)}/`);
const runner = await load();
let log: Log = () => undefined;

addEventListener('message', (event: MessageEvent<ToChild>) => {
  const message = event.data;
  if (message.type === 'start') void run(message);
  else runner.receive(JSON.stringify(message));
});
addEventListener('unhandledrejection', (event) => {
  event.preventDefault();
  log('warn', `Unhandled rejection: ${event.reason}`);
});
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
  log = createLog(post, start.maxLogBytes);
  const call = (id: number, text: string) => post({ type: 'call', id, call: JSON.parse(text) });
  let result: CodeResult;
  try {
    result = JSON.parse(await runner.run(JSON.stringify(start), log, call));
  } catch (error) {
    // Only what Python could not catch itself, such as its stack overflowing that of the engine.
    const message = error instanceof Error ? error.message : String(error);
    result = { kind: 'raised', type: 'RuntimeError', message: message.slice(0, 2000), line: null };
  }
  post({ type: 'end', result });
}
