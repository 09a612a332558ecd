import { execFile } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { promisify } from 'node:util';

/** One process that runs; the dead that nobody has collected yet are left out. */
export interface ProcessEntry {
  readonly pid: number;
  /** Process group. */
  readonly group: number;
  /** Differs between two processes that had the same pid one after the other. */
  readonly started: string;
  readonly arguments: readonly string[];
}

/** Every running process that we may see. Linux: /proc, for `ps` is often missing in containers; elsewhere `ps`. */
export async function listProcesses(): Promise<ProcessEntry[]> {
  return process.platform === 'linux' ? listFromProc() : listFromPs();
}

async function listFromProc(): Promise<ProcessEntry[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number);
  const entries = await Promise.all(pids.map(readProc));
  return entries.filter((entry) => entry !== null);
}

async function readProc(pid: number): Promise<ProcessEntry | null> {
  try {
    const [stat, commandLine] = await Promise.all([
      readFile(`/proc/${pid}/stat`, 'utf8'),
      readFile(`/proc/${pid}/cmdline`, 'utf8'),
    ]);
    return parseStat(pid, stat, commandLine);
  } catch {
    // It ended while we were reading.
    return null;
  }
}

/** `stat` is the line of /proc/<pid>/stat, `commandLine` its NUL-separated arguments. Null for a zombie. */
export function parseStat(pid: number, stat: string, commandLine: string): ProcessEntry | null {
  // The program's name stands in parentheses and may hold spaces and parentheses of its own.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [state, , group] = fields;
  if (state === 'Z' || state === 'X') return null;
  // Chromium rewrites its children's arguments into one string with spaces.
  const args = commandLine.split('\0').filter((part) => part !== '');
  return { pid, group: Number(group), started: fields[19] ?? '', arguments: args };
}

async function listFromPs(): Promise<ProcessEntry[]> {
  const { stdout } = await promisify(execFile)(
    'ps',
    ['-axww', '-o', 'pid=,pgid=,stat=,lstart=,args='],
    { maxBuffer: 64 * 2 ** 20 },
  );
  return parsePs(stdout);
}

/** The output of `ps -o pid=,pgid=,stat=,lstart=,args=`. Arguments are split at ` --`, as `ps` does not quote. */
export function parsePs(output: string): ProcessEntry[] {
  return output.split('\n').flatMap((line) => {
    const match = /^\s*(\d+)\s+(\d+)\s+(\S+)\s+(\S+\s+\S+\s+\d+\s+[\d:]+\s+\d+)\s+(.*)$/.exec(line);
    if (match === null || match[3]?.startsWith('Z')) return [];
    const [, pid, group, , started = '', args = ''] = match;
    return [{ pid: Number(pid), group: Number(group), started, arguments: args.split(/ (?=--)/) }];
  });
}

/** Ends a whole process group. It may be gone already. */
export function killGroup(group: number): void {
  try {
    process.kill(-group, 'SIGKILL');
  } catch {
    // ESRCH: no process is left in it.
  }
}
