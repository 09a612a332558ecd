import {
  BlockFailure,
  type CodeCapability,
  type CodeResult,
  type LogCapability,
} from '@lapwing/workflow';
import { BrowserUnavailable } from '../browser/failures.ts';
import { PageRpc, type PageRpcOptions } from '../browser/page-rpc/page-rpc.ts';
import type { SandboxSession } from '../sandbox/session.ts';
import { asBlockFailure } from './browser.ts';

interface CodeHost extends Omit<PageRpcOptions, 'onAction'> {
  /** Whether the server runs code of users at all. */
  readonly enabled: boolean;
  /** Fires when the page's browser is gone: whatever waits in the page ends. */
  readonly pageEnded: AbortSignal;
  /** Of the run: its blocks share one Python. */
  readonly session: SandboxSession;
  readonly memoryBytes: number;
  readonly log: LogCapability['write'];
}

/** User code in the sandbox, with the run's page behind its allow-list. */
export function codeCapability(host: CodeHost): CodeCapability {
  return {
    run: async (request): Promise<CodeResult> => {
      if (!host.enabled) {
        throw new BlockFailure(
          'Code blocks are disabled on this server: its operator allows them with LAPWING_CODE_BLOCKS=on',
        );
      }
      const log: LogCapability['write'] = (level, message) =>
        host.log(level, request.mask(message));
      const page = new PageRpc({
        ...host,
        getPage: () => withBrowser(host.getPage()),
        signal: AbortSignal.any([host.signal, host.pageEnded]),
        onAction: (description) => log('debug', description),
      });
      try {
        const running = host.session.run({
          language: request.language,
          code: request.code,
          variables: request.variables,
          credentials: request.credentials,
          timeoutMs: request.timeoutSeconds * 1000,
          memoryBytes: host.memoryBytes,
          page,
          onLog: (level, message) => log(level === 'warn' ? 'warning' : level, message),
          signal: host.signal,
        });
        const result = await asBlockFailure(running, 'Failed to execute code block. Reason: ');
        return result.kind === 'raised' ? { ...result, message: withLine(result) } : result;
      } finally {
        page.close();
      }
    },
  };
}

async function withBrowser<T>(opening: Promise<T>): Promise<T> {
  try {
    return await opening;
  } catch (error) {
    if (!(error instanceof BrowserUnavailable)) throw error;
    throw new BlockFailure(`No browser found to run the code block. ${error.message}`, {
      cause: error,
    });
  }
}

/** A syntax error names its line by itself. */
function withLine({ message, line }: { readonly message: string; readonly line: number | null }) {
  return line === null || message.endsWith(`(line ${line})`)
    ? message
    : `${message} (line ${line})`;
}
