export type { BrowserCapability, PaperFormat, PrintPageOptions } from './capabilities/browser.ts';
export type {
  CodeCapability,
  CodeLanguage,
  CodeRequest,
  CodeResult,
} from './capabilities/code.ts';
export type {
  DocumentsCapability,
  DocumentType,
  FileContent,
  FilesCapability,
  StoredFile,
} from './capabilities/files.ts';
export {
  type HttpBody,
  type HttpCapability,
  HttpFailure,
  type HttpFailureKind,
  type HttpRequest,
  type HttpResponse,
} from './capabilities/http.ts';
export type {
  Capabilities,
  CapabilityName,
  ClockCapability,
  LogCapability,
} from './capabilities/index.ts';
export type {
  OutputParameter,
  StoredBlock,
  StoredBranch,
  StoredDefinition,
  StoredParameter,
} from './definition/stored.ts';
export { BlockFailure, type RunError, RunStopped, type StopKind } from './errors.ts';
export type {
  FinalRunStatus,
  RunEnvironment,
  RunResult,
} from './interpreter/interpret.ts';
export type {
  BlockOutcome,
  BlockStatus,
  BlockVisit,
  Journal,
  VisitStart,
} from './interpreter/journal.ts';
export { isJsonObject, type JsonObject, type JsonValue } from './json.ts';
