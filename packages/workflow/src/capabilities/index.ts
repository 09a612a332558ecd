import type { BrowserCapability } from './browser.ts';
import type { CodeCapability } from './code.ts';
import type { CredentialsCapability } from './credentials.ts';
import type { DocumentsCapability, FilesCapability } from './files.ts';
import type { HttpCapability } from './http.ts';
import type { MailCapability } from './mail.ts';
import type { PdfCapability } from './pdf.ts';
import type { PeopleCapability } from './people.ts';
import type { SheetsCapability } from './sheets.ts';
import type { TargetsCapability } from './targets.ts';
import type { WorkflowsCapability } from './workflows.ts';

/** Time as blocks may see it. */
export interface ClockCapability {
  now(): Date;
  /** Resolves after `milliseconds`; rejects with the reason of the run's signal when that fires first. */
  sleep(milliseconds: number): Promise<void>;
}

export interface LogCapability {
  /** Adds a line to the block's log: shown in the timeline and in the event stream. */
  write(level: 'debug' | 'info' | 'warning' | 'error', message: string): void;
}

/** What a block may ask of the outside world. A block type lists the ones it needs. */
export interface Capabilities {
  readonly browser: BrowserCapability;
  readonly http: HttpCapability;
  readonly files: FilesCapability;
  readonly documents: DocumentsCapability;
  readonly code: CodeCapability;
  readonly credentials: CredentialsCapability;
  readonly mail: MailCapability;
  readonly sheets: SheetsCapability;
  readonly pdf: PdfCapability;
  readonly targets: TargetsCapability;
  readonly people: PeopleCapability;
  readonly workflows: WorkflowsCapability;
  readonly clock: ClockCapability;
  readonly log: LogCapability;
}

export type CapabilityName = keyof Capabilities;
