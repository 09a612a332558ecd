/** What parent and child count in the same way. Here, as the child may read nothing outside of its directory. */
import type { CodeResult } from '../code-result.ts';

/** What a log line counts against the limit of a run: its length, and what it costs to keep even an empty one. */
export function logCost(line: string): number {
  return line.length + 100;
}

/** The result of code that gives out more than it may. */
export function outputLimit(bytes: number): CodeResult {
  const message = `The code gave out more than ${bytes / 2 ** 20} MB.`;
  return { kind: 'limit', limit: 'output', message };
}
