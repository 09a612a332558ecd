import { join } from 'node:path';
import { listProcesses } from '../../packages/server/src/browser/process-table.ts';

/** One Chromium of a server. */
export interface BrowserProcesses {
  /** Its main process. */
  readonly pid: number;
  /** All that belong to it, a start script included. */
  readonly members: readonly number[];
}

/** The browsers that a server with this data directory runs now, by their command lines. */
export async function browsersOf(directory: string): Promise<BrowserProcesses[]> {
  const processes = await listProcesses();
  const userData = `--user-data-dir=${join(directory, 'browsers')}/`;
  const main = processes.filter(
    ({ arguments: [program = '', ...rest] }) =>
      // Debian starts Chromium by a shell script, which waits for it.
      !/\/(ba|da)?sh$/.test(program) &&
      rest.some((part) => part.startsWith(userData)) &&
      !rest.some((part) => part.startsWith('--type=')),
  );
  // A child has the command line of its parent for a moment, and a higher pid.
  return [...Map.groupBy(main, ({ group }) => group)].map(([group, found]) => ({
    pid: Math.min(...found.map(({ pid }) => pid)),
    members: processes.filter((entry) => entry.group === group).map(({ pid }) => pid),
  }));
}

/** Which of these processes still run. */
export async function alive(pids: readonly number[]): Promise<number[]> {
  const processes = await listProcesses();
  return processes.map(({ pid }) => pid).filter((pid) => pids.includes(pid));
}
