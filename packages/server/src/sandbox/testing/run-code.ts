import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { CodeResult, Language } from '../code-result.ts';
import type { SandboxRequest } from '../conversation.ts';
import type { Sandbox } from '../sandbox.ts';

/** A request for tests: no page, no variables, ten seconds; what is given goes over it. */
export function requestFor(
  language: Language,
  code: string,
  changes: Partial<SandboxRequest> = {},
): SandboxRequest {
  return {
    language,
    code,
    variables: {},
    credentials: {},
    timeoutMs: 10_000,
    page: null,
    onLog: () => undefined,
    signal: new AbortController().signal,
    ...changes,
  };
}

/** The value that code returns. Throws when it ends in another way. */
export async function returned(sandbox: Sandbox, language: Language, code: string) {
  const result = await sandbox.run(requestFor(language, code));
  if (result.kind !== 'returned') throw new Error(`It ended with ${JSON.stringify(result)}`);
  return result.value;
}

/** The ids of the live processes that this process, or another, started for sandboxes. */
export async function childIds(parentId: number = process.pid): Promise<number[]> {
  const { stdout } = await promisify(execFile)('ps', ['-A', '-o', 'pid=,ppid=,stat=,comm=']);
  return stdout
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter(([, parent, state, name]) => {
      return Number(parent) === parentId && name === 'deno' && !state?.startsWith('Z');
    })
    .map(([pid]) => Number(pid));
}

/** How a piece of code ended, in a line. */
export function ending(result: CodeResult): string {
  switch (result.kind) {
    case 'returned':
      return `returned ${JSON.stringify(result.value)}`;
    case 'raised':
      return `${result.type}: ${result.message}`;
    case 'error_code':
      return `${result.code}: ${result.reasoning}`;
    case 'misused':
    case 'terminated':
      return `${result.kind}: ${result.message}`;
    case 'refused':
      return result.message;
    case 'limit':
      return `limit ${result.limit}`;
  }
}
