export type {
  BlockContext,
  BlockEffect,
  BlockResult,
  BlockType,
  RenderMode,
} from './blocks/block.ts';
export { blockTypeByName, blockTypes } from './blocks/registry.ts';
export type { BrowserCapability, PaperFormat, PrintPageOptions } from './capabilities/browser.ts';
export type {
  CodeCapability,
  CodeLanguage,
  CodeRequest,
  CodeResult,
} from './capabilities/code.ts';
export type { CredentialFields, CredentialsCapability } from './capabilities/credentials.ts';
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
export {
  type InboxAttachment,
  type InboxMail,
  type InboxQuery,
  MailboxFailure,
  type MailCapability,
  type OutgoingMail,
  type SmtpServer,
} from './capabilities/mail.ts';
export type {
  FilledPdf,
  PageRange,
  PdfCapability,
  SkippedField,
  SplitPart,
  SplitPdf,
} from './capabilities/pdf.ts';
export type { AnswerLinks, PeopleCapability } from './capabilities/people.ts';
export {
  type SheetCells,
  type SheetProperties,
  type SheetsCapability,
  SheetsFailure,
  type SheetsFailureKind,
  type SheetValues,
} from './capabilities/sheets.ts';
export type { StorageTarget, TargetsCapability, Upload } from './capabilities/targets.ts';
export type {
  ChildEnd,
  ChildRequest,
  WorkflowsCapability,
} from './capabilities/workflows.ts';
export { blockNamed } from './definition/block-named.ts';
export { cleanLabels } from './definition/clean-labels.ts';
export { type ExpansionEnvironment, expandDefinition } from './definition/expand.ts';
export {
  type BlockGraph,
  buildGraph,
  type GraphBlock,
  GraphError,
  type GraphOptions,
  type GraphProblem,
} from './definition/graph.ts';
export { type DefinitionIssue, toIssues, valueError } from './definition/issues.ts';
export { boundedInteger, laxBoolean, laxInteger } from './definition/lax.ts';
export { limits as definitionLimits } from './definition/limits.ts';
export {
  type WorkflowParameterType,
  workflowParameterTypes,
} from './definition/parameter-kinds.ts';
export { type ParsedWorkflow, parseWorkflowRequest } from './definition/parse.ts';
export type { ProblemStatus } from './definition/problems.ts';
export { proxyLocationNames } from './definition/proxy-locations.ts';
export type {
  DeclaredParameter,
  RequestBlock,
  RequestDefinition,
  WorkflowRequest,
} from './definition/request.ts';
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
  PartialRun,
  RunEnvironment,
  RunResult,
} from './interpreter/environment.ts';
export { interpret } from './interpreter/interpret.ts';
export { mayRepeat } from './interpreter/interruption.ts';
export type {
  BlockOutcome,
  BlockStatus,
  BlockVisit,
  Journal,
  VisitStart,
} from './interpreter/journal.ts';
export { assembleOutput } from './interpreter/output.ts';
export { isJsonObject, type JsonObject, type JsonValue } from './json.ts';
export { type Conversion, convertParameter } from './parameters/convert.ts';
export {
  type ParameterProblem,
  type ResolvedParameters,
  resolveRunParameters,
} from './parameters/resolve.ts';
export { type ParsedRunMetadata, parseRunMetadata } from './parameters/run-metadata.ts';
export { TemplateError, type TemplateErrorKind } from './templates/errors.ts';
export { pythonText, renderTemplate } from './templates/templates.ts';
