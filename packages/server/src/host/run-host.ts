import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ArtifactType } from '@lapwing/protocol';
import type { Capabilities } from '@lapwing/workflow';
import type { BrowserLease, BrowserPool } from '../browser/pool.ts';
import type { BrowserProcess } from '../browser/process.ts';
import { RunBrowser } from '../browser/run-browser.ts';
import type { SavedState } from '../browser/saved-state.ts';
import type { BrowserSettings } from '../browser/settings.ts';
import type { ArtifactsService } from '../domain/artifacts/service.ts';
import type { RunsService } from '../domain/runs/service.ts';
import type { HttpClient } from '../egress/http-client.ts';
import type { EgressPolicy } from '../egress/policy.ts';
import type { Sandbox } from '../sandbox/sandbox.ts';
import type { SandboxSession } from '../sandbox/session.ts';
import type { TargetSettings } from '../targets/settings.ts';
import { browserCapability } from './browser.ts';
import { codeCapability } from './code.ts';
import { documentsCapability } from './documents.ts';
import { type MailSettings, mailCapability } from './mail.ts';
import { pdfCapability } from './pdf.ts';
import { peopleCapability } from './people.ts';
import { RunFiles } from './run-files.ts';
import { RunLog } from './run-log.ts';
import type { SheetsAccess } from './sheets.ts';
import { targetsCapability } from './targets.ts';
import { workflowsCapability } from './workflows.ts';

type TakenRun = NonNullable<Awaited<ReturnType<RunsService['execution']['take']>>>;
type LeftBrowser = Parameters<RunsService['execution']['giveBack']>[1];

/** What every run of a worker is served with. */
export interface HostTools {
  readonly runs: RunsService;
  readonly artifacts: ArtifactsService;
  readonly http: HttpClient;
  readonly policy: EgressPolicy;
  readonly sandbox: Sandbox;
  readonly pool: BrowserPool<BrowserProcess>;
  readonly browserSettings: BrowserSettings;
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
      state: run.browserState === null ? null : (JSON.parse(run.browserState) as SavedState),
    });
  }

  #source(): ConstructorParameters<typeof RunBrowser>[0]['source'] {
    const address = this.#run.request.browser_address;
    if (address !== null) return { kind: 'remote', address, headers: this.#run.cdpHeaders ?? {} };
    const acquire = (signal: AbortSignal): Promise<BrowserLease<BrowserProcess>> =>
      this.#tools.pool.acquire(signal, { nested: this.#run.depth > 0 });
    return { kind: 'local', acquire };
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
        save: (file) => files.keep(blockId, { filename: file.filename, source: file.bytes }),
        list: () => files.list(),
        path: (file) => files.path(file),
      },
      documents: documentsCapability,
      code: codeCapability({
        session: this.#code,
        memoryBytes: this.#tools.codeMemoryBytes,
        getPage: () => browser.page(signal),
        pageEnded: browser.ended,
        guardUrl: async (url) => void (await this.#tools.policy.checkUrl(url)),
        log: (level, message) => log.write(blockId, level, message),
        signal,
      }),
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
    const row = await this.#save(blockId, 'screenshot_final', {
      filename: 'screenshot.png',
      bytes: png,
    });
    await this.#tools.runs.execution.record(this.#run.runId, 'screenshot', {
      workflow_run_block_id: blockId,
      artifact_id: row.artifactId,
      url: this.#tools.artifacts.url(row),
    });
    return row.artifactId;
  }

  async #save(
    blockId: string | null,
    type: ArtifactType,
    file: { filename: string; bytes: Uint8Array | string },
  ) {
    const media = {
      recording: 'video/webm',
      screenshot_final: 'image/png',
      har: 'application/json',
    } as const;
    return this.#tools.artifacts.save({
      organizationId: this.#run.organizationId,
      runId: this.#run.runId,
      blockId,
      type,
      filename: file.filename,
      contentType: media[type as keyof typeof media] ?? 'text/plain; charset=utf-8',
      source: typeof file.bytes === 'string' ? { path: file.bytes } : file.bytes,
    });
  }

  /** What is left of the browser for a later life of the run, which goes on from there. */
  async leaveBrowser(): Promise<LeftBrowser> {
    const before = this.#run.browserState;
    if (!this.browser.isOpen)
      return before === null ? { kind: 'none' } : { kind: 'saved', state: before };
    if (this.#run.request.browser_address !== null) return { kind: 'lost' };
    const state = await this.browser.saveState(AbortSignal.timeout(5_000)).catch(() => null);
    return state === null ? { kind: 'lost' } : { kind: 'saved', state: JSON.stringify(state) };
  }

  /** Ends the browser and the user's code, and keeps nothing: the run is another worker's. */
  async abandon(): Promise<void> {
    await this.#code.close();
    await this.browser.close();
    await rm(this.#directory, { recursive: true, force: true });
  }

  /** Ends the browser and the user's code, and keeps its video, its HAR and its console log. */
  async close(): Promise<void> {
    await this.#code.close();
    const made = await this.browser.close();
    if (made.recording !== null)
      await this.#save(null, 'recording', { filename: 'recording.webm', bytes: made.recording });
    if (made.har !== null)
      await this.#save(null, 'har', { filename: 'network.har', bytes: made.har });
    if (made.consoleLog !== null) {
      await this.#save(null, 'browser_console_log', {
        filename: 'console.log',
        bytes: made.consoleLog,
      });
    }
    await this.log.flush();
    await rm(this.#directory, { recursive: true, force: true });
  }
}

async function sleepUntil(milliseconds: number, signal: AbortSignal): Promise<void> {
  try {
    await sleep(milliseconds, undefined, { signal });
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  }
}
