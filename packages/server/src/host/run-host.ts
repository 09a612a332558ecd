import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Capabilities } from '@lapwing/workflow';
import type { AcquiredBrowser } from '../browser/attachment.ts';
import type { BrowserLease, BrowserPool } from '../browser/pool.ts';
import type { BrowserPlace, BrowserProcess } from '../browser/process.ts';
import { RunBrowser } from '../browser/run-browser.ts';
import type { SavedState } from '../browser/saved-state.ts';
import type { BrowserSettings } from '../browser/settings.ts';
import type { ArtifactsService } from '../domain/artifacts/service.ts';
import type { RunsService } from '../domain/runs/service.ts';
import type { WebhooksService } from '../domain/webhooks/service.ts';
import type { HttpClient } from '../egress/http-client.ts';
import type { EgressPolicy } from '../egress/policy.ts';
import type { Sandbox } from '../sandbox/sandbox.ts';
import type { SandboxSession } from '../sandbox/session.ts';
import type { TargetSettings } from '../targets/settings.ts';
import { browserCapability } from './browser.ts';
import { codeCapability } from './code.ts';
import { noCredentials } from './credentials.ts';
import { documentsCapability } from './documents.ts';
import { contentTypeOf } from './file-types.ts';
import { type MailSettings, mailCapability } from './mail.ts';
import { oneTimeCodes } from './one-time-codes.ts';
import { pdfCapability } from './pdf.ts';
import { peopleCapability } from './people.ts';
import { RunFiles } from './run-files.ts';
import { RunLog } from './run-log.ts';
import { keepRecords } from './run-records.ts';
import type { SheetsAccess } from './sheets.ts';
import { targetsCapability } from './targets.ts';
import { workflowsCapability } from './workflows.ts';

type TakenRun = NonNullable<Awaited<ReturnType<RunsService['execution']['take']>>>;
type LogLevel = Parameters<RunLog['write']>[1];

/** What every run of a worker is served with. */
export interface HostTools {
  readonly runs: RunsService;
  readonly artifacts: ArtifactsService;
  readonly webhooks: WebhooksService;
  readonly http: HttpClient;
  readonly policy: EgressPolicy;
  readonly sandbox: Sandbox;
  readonly pool: BrowserPool<BrowserProcess>;
  /** Takes over the browser of a run whose worker was lost; null when it cannot be reached any more. */
  readonly adopt: (place: BrowserPlace, runId: string) => Promise<BrowserProcess | null>;
  readonly browserSettings: BrowserSettings;
  /** Whether code of users is run at all. */
  readonly codeBlocks: boolean;
  readonly codeMemoryBytes: number;
  readonly targets: TargetSettings;
  readonly mail: MailSettings;
  readonly sheets: SheetsAccess;
  readonly record: boolean;
  /** Folder for the files of runs while they are being made. */
  readonly directory: string;
}

/** What carries a run out, and may stop it. */
export interface RunLife {
  /** Its reason is a RunStopped. */
  readonly signal: AbortSignal;
  /** Fires before `signal` when the worker shuts down, to end what only waits. Its reason is a RunStopped. */
  readonly draining: AbortSignal;
  /** Waits for something while another run may have this one's slot. */
  readonly lendSlot: <T>(waiting: Promise<T>) => Promise<T>;
}

const settleMs = 30_000;
/** What Playwright sends to a page at once. */
const maxPageFileBytes = 50 * 2 ** 20;

/** One run's world: its browser, its files, its log, and the capabilities that lead to them. */
export class RunHost {
  readonly browser: RunBrowser;
  readonly files: RunFiles;
  readonly log: RunLog;
  readonly #tools: HostTools;
  readonly #run: TakenRun;
  readonly #life: RunLife;
  readonly #signal: AbortSignal;
  readonly #directory: string;
  readonly #code: SandboxSession;
  /** When this life of the run began, in milliseconds of Unix time. */
  readonly #since = Date.now();
  /** The browser of an earlier life, until it is attached to. */
  #living: BrowserLease<BrowserProcess> | null = null;
  /** Where the browser of this life is; null while there is none, and for one that is somebody else's. */
  #place: BrowserPlace | null = null;
  /** The block to which a download belongs that comes now. */
  #blockId: string | null = null;

  constructor(tools: HostTools, run: TakenRun, life: RunLife) {
    const { signal } = life;
    this.#tools = tools;
    this.#run = run;
    this.#life = life;
    this.#signal = signal;
    this.#directory = join(tools.directory, run.runId);
    this.#code = tools.sandbox.session();
    this.log = new RunLog((data) => tools.runs.execution.record(run.runId, 'log', data));
    this.files = new RunFiles({
      organizationId: run.organizationId,
      runId: run.runId,
      directory: join(this.#directory, 'inputs'),
      artifacts: tools.artifacts,
      http: tools.http,
      signal,
      settle: () => this.browser.settleDownloads(settleMs, signal),
    });
    this.browser = new RunBrowser({
      source: this.#source(),
      settings: tools.browserSettings,
      directory: this.#directory,
      extraHttpHeaders: run.request.extra_http_headers ?? {},
      record: tools.record,
      guardUrl: async (url) => void (await tools.policy.checkUrl(url)),
      log: (level, message) => this.log.write(this.#blockId, level, message),
      onDownload: async (file) => {
        await this.files.keep(this.#blockId, {
          filename: file.filename,
          source: { path: file.path },
        });
      },
      onReady: () => this.#noteBrowser(),
      state: stateOf(run),
    });
  }

  #source(): ConstructorParameters<typeof RunBrowser>[0]['source'] {
    const address = this.#run.request.browser_address;
    if (address !== null) return { kind: 'remote', address, headers: this.#run.cdpHeaders ?? {} };
    return { kind: 'local', acquire: (signal) => this.#acquire(signal) };
  }

  async #acquire(signal: AbortSignal): Promise<AcquiredBrowser> {
    const { runId, depth } = this.#run;
    const living = this.#living;
    this.#living = null;
    const lease = living ?? (await this.#tools.pool.acquire(signal, { nested: depth > 0 }));
    try {
      await lease.browser.giveTo(runId);
    } catch (error) {
      await lease.release();
      throw error;
    }
    this.#place = lease.browser.place;
    return { lease, living: living !== null };
  }

  /** Not before it stands where the run was: who finds it takes what it shows for what the run has come to. */
  async #noteBrowser(): Promise<void> {
    if (this.#place !== null)
      await this.#tools.runs.execution.openedBrowser(this.#run, this.#place);
  }

  /**
   * Makes ready for a run that goes on: its files are found again, and a browser that still runs is attached to while it
   * can be found. One that has to be made anew is made when a block needs it.
   */
  async resume(): Promise<void> {
    const { attempt, repeated, browser, runId } = this.#run;
    if (attempt === 1) return;
    await this.files.load(repeated);
    if (browser === null) return;
    const adopted = browser.place === null ? null : await this.#tools.adopt(browser.place, runId);
    if (adopted !== null) this.#living = this.#tools.pool.adopt(adopted);
    const isRemote = this.#run.request.browser_address !== null && browser.state !== null;
    if (adopted === null && !isRemote) return;
    // Who needs a page next hears what is wrong.
    await this.browser.open(this.#signal).catch(() => this.#signal.throwIfAborted());
  }

  /** The world as one block sees it: what it keeps is kept under its row. */
  capabilities(blockId: string): Capabilities {
    this.#blockId = blockId;
    const { files, browser, log } = this;
    const signal = this.#signal;
    return {
      browser: browserCapability(browser, signal, (png) => this.#keepScreenshot(blockId, png)),
      http: { request: (request) => this.#tools.http.request(request, signal) },
      files: {
        read: (reference, { maxBytes }) => files.read(reference, maxBytes),
        fetch: (reference, { maxBytes }) => files.fetch(reference, maxBytes),
        save: (file) => files.keep(blockId, { filename: file.filename, source: file.bytes }),
        list: () => files.list(),
        path: (file) => files.path(file),
      },
      documents: documentsCapability,
      code: this.#codeCapability(blockId),
      credentials: noCredentials,
      mail: mailCapability({
        settings: this.#tools.mail,
        policy: this.#tools.policy,
        log: (level, message) => log.write(blockId, level, message),
        signal,
      }),
      sheets: this.#tools.sheets(signal),
      pdf: pdfCapability(signal),
      targets: targetsCapability({
        settings: this.#tools.targets,
        http: this.#tools.http,
        policy: this.#tools.policy,
        files,
        log: (level, message) => log.write(blockId, level, message),
        signal,
      }),
      people: peopleCapability({
        pauses: this.#tools.runs.pauses,
        runId: this.#run.runId,
        blockId,
        idle: (wait) => this.#idle(wait),
      }),
      workflows: workflowsCapability({
        runs: this.#tools.runs,
        run: this.#run,
        blockId,
        idle: (wait) => this.#idleForChild(wait),
      }),
      clock: {
        now: () => new Date(),
        sleep: (milliseconds) => sleepUntil(milliseconds, signal),
      },
      log: { write: (level, message) => log.write(blockId, level, message) },
    };
  }

  #codeCapability(blockId: string): Capabilities['code'] {
    const { files, browser } = this;
    const { codeBlocks, codeMemoryBytes, policy, webhooks } = this.#tools;
    const { organizationId, apiKeyId, runId, workflowPermanentId, request } = this.#run;
    const log = (level: LogLevel, message: string) => this.log.write(blockId, level, message);
    const about = { workflow_run_id: runId, workflow_permanent_id: workflowPermanentId };
    return codeCapability({
      enabled: codeBlocks,
      session: this.#code,
      memoryBytes: codeMemoryBytes,
      getPage: () => browser.page(this.#signal),
      pageEnded: browser.ended,
      guardUrl: async (url) => void (await policy.checkUrl(url)),
      readFile: async (path) => {
        const { filename, contentType, bytes } = await files.readPath(path, maxPageFileBytes);
        const mimeType = contentType ?? contentTypeOf(filename);
        return { name: filename, mimeType, buffer: Buffer.from(bytes) };
      },
      nextDownload: async (signal) => files.path(await files.next(signal)),
      oneTimeCode: oneTimeCodes({
        url: request.totp_url,
        ask: (url, signal) => webhooks.test({ organizationId, apiKeyId, url }, about, signal),
        log,
      }),
      log,
      signal: this.#signal,
    });
  }

  /** Another run may have the slot meanwhile. */
  async #idle<T>(wait: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const { signal, draining, lendSlot } = this.#life;
    return lendSlot(wait(AbortSignal.any([signal, draining])));
  }

  /** As {@link #idle}, and the run that is waited for may have a browser beside this one's. */
  async #idleForChild<T>(wait: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const takeBack = this.#holdsBrowser() ? this.#tools.pool.lend() : () => undefined;
    try {
      return await this.#idle(wait);
    } finally {
      takeBack();
    }
  }

  #holdsBrowser(): boolean {
    return this.browser.isOpen && this.#run.request.browser_address === null;
  }

  async #keepScreenshot(blockId: string, png: Uint8Array): Promise<string> {
    const { organizationId, runId } = this.#run;
    const row = await this.#tools.artifacts.save({
      organizationId,
      runId,
      blockId,
      type: 'screenshot_final',
      filename: 'screenshot.png',
      contentType: 'image/png',
      source: png,
    });
    await this.#tools.runs.execution.record(this.#run.runId, 'screenshot', {
      workflow_run_block_id: blockId,
      artifact_id: row.artifactId,
      url: this.#tools.artifacts.url(row),
    });
    return row.artifactId;
  }

  /**
   * Ends the browser and the user's code and keeps the files that tell of them, for a run that goes back to the queue.
   * @returns How the browser stood; null when it stands as the last finished block left it.
   */
  async giveBack(): Promise<string | null> {
    const state = await this.browser.changedState(true);
    await this.#close({ leavePages: true });
    return state;
  }

  /** Lets go of everything and keeps nothing: the run is another worker's, and so are its browser and its folder. */
  async abandon(): Promise<void> {
    await this.#code.close();
    await this.browser.leave();
    this.#living?.leave();
  }

  /** Ends the browser and the user's code, and keeps its video, its HAR and its console log. */
  async close(): Promise<void> {
    await this.#close({ leavePages: false });
  }

  async #close(how: { readonly leavePages: boolean }): Promise<void> {
    await this.#code.close();
    await this.browser.end(how);
    await this.#living?.release();
    const { organizationId, runId, attempt } = this.#run;
    await keepRecords(
      { artifacts: this.#tools.artifacts, organizationId, runId },
      { directory: this.#directory, since: this.#since, isFirstLife: attempt === 1 },
    );
    await this.log.flush();
    await rm(this.#directory, { recursive: true, force: true });
  }
}

function stateOf({ browser }: TakenRun): SavedState | null {
  return browser === null || browser.state === null ? null : JSON.parse(browser.state);
}

async function sleepUntil(milliseconds: number, signal: AbortSignal): Promise<void> {
  try {
    await sleep(milliseconds, undefined, { signal });
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  }
}
