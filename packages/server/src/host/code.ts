import type { CodeCapability, CodeResult, LogCapability } from '@lapwing/workflow';
import { PageRpc, type PageRpcOptions } from '../browser/page-rpc/page-rpc.ts';
import type { SandboxSession } from '../sandbox/session.ts';
import { asBlockFailure } from './browser.ts';

interface CodeHost extends Pick<PageRpcOptions, 'getPage' | 'guardUrl' | 'signal'> {
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
      const page = new PageRpc({
        getPage: host.getPage,
        guardUrl: host.guardUrl,
        signal: AbortSignal.any([host.signal, host.pageEnded]),
        onAction: (description) => host.log('debug', description),
      });
      try {
        const running = host.session.run({
          language: request.language,
          code: request.code,
          variables: request.variables,
          timeoutMs: request.timeoutSeconds * 1000,
          memoryBytes: host.memoryBytes,
          page,
          onLog: (level, message) => host.log(level === 'warn' ? 'warning' : level, message),
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

/** A syntax error names its line by itself. */
function withLine({ message, line }: { readonly message: string; readonly line: number | null }) {
  return line === null || message.endsWith(`(line ${line})`)
    ? message
    : `${message} (line ${line})`;
}
