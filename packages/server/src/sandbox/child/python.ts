/** The worker that runs Python, by Pyodide: pieces of code one after another. */
import type { CodeResult } from '../code-result.ts';
import type { FromChild, StartMessage, ToChild } from '../messages.ts';
import { lockDown } from './globals.ts';
import { outputLimit } from './limits.ts';
import { createLog, type Log } from './log.ts';

/** The face of runner.py. Values cross as JSON text, so that no object of one language is alive in the other. */
interface Runner {
  prepare(): void;
  run(start: string, log: Log, call: (id: number, call: string) => void): Promise<string>;
  /** Ends what the code left running; false when Python is not as it was before. */
  settle(): Promise<boolean>;
  receive(message: string): void;
}

/** What one piece of code may say; nothing any more once it has ended. */
interface Piece {
  readonly log: Log;
  readonly call: (id: number, call: string) => void;
  readonly end: (result: CodeResult) => void;
}

const post: (message: FromChild) => void = globalThis.postMessage.bind(globalThis);
const pyodideUrl = new URL(`file://${encodeURI(self.name)}/`);
let piece: Piece | null = null;
const runner = await load();

addEventListener('message', (event: MessageEvent<ToChild>) => {
  const message = event.data;
  if (message.type === 'start') void run(message);
  else runner.receive(JSON.stringify(message));
});
// Python itself broke down, by overflowing the stack of the engine for example: nothing that awaits it ever settles.
for (const event of ['unhandledrejection', 'error'] as const) {
  addEventListener(event, (failure) => {
    // Between two pieces there is nobody to tell: the process ends.
    if (piece === null) return;
    failure.preventDefault();
    breakDown(piece, 'reason' in failure ? failure.reason : failure.error);
  });
}
await lockDown();
post({ type: 'ready' });

async function load(): Promise<Runner> {
  const { loadPyodide } = await import(new URL('pyodide.mjs', pyodideUrl).href);
  const pyodide = await loadPyodide({
    indexURL: decodeURI(pyodideUrl.pathname),
    env: {},
    stdout: (line: string) => piece?.log('info', line),
    stderr: (line: string) => piece?.log('warn', line),
    stdin: () => null,
  });
  for (const module of ['rules', 'page_client', 'reuse', 'runner']) {
    const source = Deno.readTextFileSync(new URL(`./${module}.py`, import.meta.url));
    pyodide.FS.writeFile(`/home/pyodide/${module}.py`, source);
  }
  const loaded: Runner = pyodide.pyimport('runner');
  loaded.prepare();
  return loaded;
}

async function run(start: StartMessage): Promise<void> {
  const current = open(start);
  piece = current;
  try {
    const text = await runner.run(JSON.stringify(start), current.log, current.call);
    const isTooLong = text.length > start.maxOutputBytes;
    current.end(isTooLong ? outputLimit(start.maxOutputBytes) : JSON.parse(text));
    post({ type: 'settled', isClean: await runner.settle() });
  } catch (error) {
    breakDown(current, error);
  }
}

function open(start: StartMessage): Piece {
  let isOpen = true;
  const say = (message: FromChild) => {
    if (isOpen) post(message);
  };
  return {
    log: createLog(say, start.maxLogCost),
    call: (id, text) => say({ type: 'call', id, call: JSON.parse(text) }),
    end: (result) => {
      say({ type: 'end', result });
      isOpen = false;
      piece = null;
    },
  };
}

/** Has no effect on the result of a piece that has ended before. */
function breakDown(broken: Piece, error: unknown): void {
  const message = `Python broke down: ${error instanceof Error ? error.message : error}`;
  broken.end({ kind: 'raised', type: 'RuntimeError', message: message.slice(0, 2000), line: null });
  post({ type: 'settled', isClean: false });
}
