import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { BrowserSource } from '../../../packages/server/src/browser/attachment.ts';
import type { DownloadedFile } from '../../../packages/server/src/browser/downloads.ts';
import { BrowserLauncher } from '../../../packages/server/src/browser/launcher.ts';
import {
  RunBrowser,
  type RunBrowserOptions,
} from '../../../packages/server/src/browser/run-browser.ts';
import {
  type BrowserSettings,
  defaultBrowserSettings,
} from '../../../packages/server/src/browser/settings.ts';

export type Page = string | ((request: IncomingMessage, response: ServerResponse) => void);

/** A site on the loopback interface: path → HTML, or a handler. Closed when the test has finished. */
export async function serve(pages: Readonly<Record<string, Page>>): Promise<string> {
  const server = createServer((request, response) => {
    const page = pages[request.url?.split('?')[0] ?? ''];
    if (typeof page === 'function') return page(request, response);
    response.writeHead(page === undefined ? 404 : 200, {
      'content-type': 'text/html; charset=utf-8',
    });
    response.end(page ?? 'Not found');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** A handler that answers with a file to be saved. */
export function attachment(name: string, body: string): Page {
  return (_, response) => {
    response.writeHead(200, {
      'content-type': 'application/octet-stream',
      'content-disposition': `attachment; filename="${name}"`,
    });
    response.end(body);
  };
}

/** A folder for one test, removed when it has finished. */
export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'lapwing-browser-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true, maxRetries: 5 }));
  return folder;
}

export async function launcher(settings: Partial<BrowserSettings> = {}) {
  const directory = settings.directory ?? join(await temporaryFolder(), 'browsers');
  const all = { ...defaultBrowserSettings, ...settings, directory };
  return { directory, settings: all, launcher: new BrowserLauncher(all, process.env) };
}

export interface TestRun {
  readonly browser: RunBrowser;
  readonly directory: string;
  /** Folder of the user-data directories. */
  readonly browsers: string;
  readonly logged: string[];
  readonly downloaded: DownloadedFile[];
  /** Pid of the browser, once it is open. */
  pid(): number;
}

/** A run's browser started for this test, closed when it has finished. */
export async function startRun(
  options: Partial<RunBrowserOptions> & {
    readonly browserSettings?: Partial<BrowserSettings>;
  } = {},
): Promise<TestRun> {
  const {
    directory: browsers,
    settings,
    launcher: starter,
  } = await launcher(options.browserSettings);
  const directory = await temporaryFolder();
  const logged: string[] = [];
  const downloaded: DownloadedFile[] = [];
  let pid = 0;
  const source: BrowserSource = {
    kind: 'local',
    acquire: async (signal) => {
      const browser = await starter.launch(signal);
      pid = browser.pid;
      const lease = { browser, release: () => browser.end(), leave: () => {} };
      return { lease, living: false };
    },
  };
  const browser = new RunBrowser({
    source,
    settings,
    directory,
    extraHttpHeaders: {},
    record: false,
    guardUrl: async () => {},
    log: (level, message) => logged.push(`${level}: ${message}`),
    onDownload: (file) => {
      downloaded.push(file);
    },
    state: null,
    ...options,
  });
  onTestFinished(async () => {
    await browser.close();
  });
  return { browser, directory, browsers, logged, downloaded, pid: () => pid };
}

/** Pids of running processes of a group; the dead that init has not collected yet do not count. */
export async function groupMembers(group: number): Promise<number[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const members = await Promise.all(
    pids.map(async (pid) => {
      const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => ') Z 0 0');
      const [state, , processGroup] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      return state !== 'Z' && Number(processGroup) === group ? [Number(pid)] : [];
    }),
  );
  return members.flat();
}

/** A signal that never fires. */
export const signal = new AbortController().signal;
