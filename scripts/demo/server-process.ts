import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

const root = new URL('../../', import.meta.url);
const readyLine = /Lapwing is ready at (http:\/\/\S+)/;
const readyWithinMs = 60_000;
const stopWithinMs = 30_000;

/** The server as a user starts it: a process of its own. */
export interface ServerProcess {
  readonly url: string;
  /** Time from the start of the process to its ready line, in milliseconds. */
  readonly startedInMs: number;
  /** Asks it to stop, and answers its exit code; null when it had to be killed. */
  stop(): Promise<number | null>;
}

/** Settings of the caller's shell must not change the demo; which Chromium to use may come from there. */
function environment(settings: Readonly<Record<string, string>>): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(
    ([name]) =>
      name !== 'DATABASE_URL' &&
      (!name.startsWith('LAPWING_') || name.startsWith('LAPWING_BROWSER_')),
  );
  return { ...Object.fromEntries(kept), ...settings };
}

/** Starts the server and waits for its ready line. Rejects with its last words when it ends before that. */
export async function startServer(
  settings: Readonly<Record<string, string>>,
): Promise<ServerProcess> {
  const started = performance.now();
  const child = spawn(process.execPath, ['packages/server/src/main.ts'], {
    cwd: root,
    env: environment(settings),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const exit = once(child, 'exit');
  const lastLines: string[] = [];
  const { promise: ready, resolve, reject } = Promise.withResolvers<string>();
  const hear = (text: string) => {
    lastLines.push(text);
    if (lastLines.length > 30) lastLines.shift();
    const url = readyLine.exec(text)?.[1];
    if (url) resolve(url.replace(/\/$/, ''));
  };
  createInterface({ input: child.stdout }).on('line', hear);
  createInterface({ input: child.stderr }).on('line', hear);
  const giveUp = (why: string) => reject(new Error(`${why}\n${lastLines.join('\n')}`));
  const timer = setTimeout(() => giveUp('The server was not ready within 60 s.'), readyWithinMs);
  child.once('error', reject);
  child.once('close', (code) => giveUp(`The server ended with code ${code} before it was ready.`));

  const stop = async (): Promise<number | null> => {
    const killer = setTimeout(() => child.kill('SIGKILL'), stopWithinMs);
    child.kill('SIGTERM');
    if (child.exitCode === null && child.signalCode === null) await exit;
    clearTimeout(killer);
    return child.exitCode;
  };
  try {
    const url = await ready;
    return { url, startedInMs: performance.now() - started, stop };
  } catch (error) {
    await stop();
    throw error;
  } finally {
    clearTimeout(timer);
  }
}
