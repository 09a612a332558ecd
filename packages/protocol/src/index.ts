export { type ErrorCode, type ErrorFacts, type ErrorKind, errorTable } from './errors.ts';
export { type RunEventType, runEvents } from './events.ts';
export { ProxyLocation } from './fields.ts';
export { Artifact, ArtifactType, FileInfo, SignedUrl } from './files.ts';
export { Folder, FolderCreate, FolderDeleted, FolderUpdate } from './folders.ts';
export { openApiDocument } from './openapi.ts';
export {
  ApiKey,
  ApiKeys,
  Organization,
  OrganizationCreated,
  Organizations,
  OrganizationUpdate,
} from './organizations.ts';
export { type ReadPart, readPart } from './read-part.ts';
export type { HttpMethod, Route, RouteAnswer, RouteTwin } from './route.ts';
export type { tagRoutes } from './routes/tags.ts';
export { type OperationId, routes } from './routes.ts';
export {
  BlockRunRequest,
  LegacyRun,
  LegacyRunRequest,
  RunListItem,
  TriggerType,
  WorkflowRun,
} from './run-lists.ts';
export {
  CancelManyRequest,
  CancelManyResponse,
  isFinalStatus,
  RunRequest,
  RunRequestEcho,
  RunResponse,
  RunStatus,
} from './runs.ts';
export {
  AllSchedules,
  AllSchedulesQuery,
  type CatchUpPolicy,
  type FireOutcome,
  type OverlapPolicy,
  Schedule,
  ScheduleBackfill,
  ScheduleBackfilled,
  ScheduleFire,
  ScheduleFires,
  ScheduleFiresQuery,
  ScheduleListItem,
  SchedulePreview,
  SchedulePreviewRequest,
  ScheduleResponse,
  ScheduleTrigger,
  ScheduleUpsert,
} from './schedules.ts';
export { CurlRequest, UiSession } from './server-facts.ts';
export {
  maxTags,
  RunTagSuggestions,
  Tag,
  TagApplyRequest,
  type TagColor,
  TagEvent,
  type TagItem,
  TagKey,
  TagKeyDeleted,
  TagKeyName,
  type TagSource,
  TagValue,
  TagValueCreate,
  TagValueDeleted,
  TagValueRenamed,
} from './tags.ts';
export { RunBlock, TimelineItem } from './timeline.ts';
export { UploadedFile } from './uploads.ts';
export {
  RetriedDeliveries,
  RetryWebhookRequest,
  WebhookDelivery,
  WebhookPreview,
  WebhookReplay,
  WebhookSecrets,
  WebhookTest,
} from './webhooks.ts';
export { Workflow, WorkflowBody, WorkflowStatus } from './workflows.ts';
