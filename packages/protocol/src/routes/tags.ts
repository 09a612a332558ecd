import { z } from 'zod';
import { boundedCount, QueryInstant } from '../fields.ts';
import {
  agent,
  agentTwins,
  type HttpMethod,
  json,
  legacyTwin,
  type Route,
  reference,
  run,
} from '../route.ts';
import {
  ManyRunTags,
  ManyRunTagsRequest,
  ManyWorkflowTags,
  ManyWorkflowTagsRequest,
  RunTagHistory,
  RunTagSuggestions,
  RunTags,
  TagApplyRequest,
  TagKey,
  TagKeyDeleted,
  TagKeyUpdate,
  TagValue,
  TagValueCreate,
  TagValueDelete,
  TagValueDeleted,
  TagValueRename,
  TagValueRenamed,
  TagValueUpdate,
  WorkflowTagHistory,
  WorkflowTags,
} from '../tags.ts';

const tag = 'Tags';
const at = (method: HttpMethod, path: string) => ({
  ...reference,
  tag,
  method,
  path,
  twins: path.startsWith(agent) ? agentTwins(method, path, true) : legacyTwin(method, path),
});

const history = z.object({
  limit: boundedCount(500).default(100),
  since: QueryInstant.optional(),
  key: z.string().optional(),
});

/** Tags of workflows. */
const workflowTagRoutes = {
  applyWorkflowTags: {
    ...at('POST', `${agent}/tags`),
    summary: 'Set and delete tags of a workflow',
    body: TagApplyRequest,
    answer: json(WorkflowTags),
    errors: ['not_found', 'validation_failed'],
  },
  getWorkflowTags: {
    ...at('GET', `${agent}/tags`),
    summary: 'The tags of a workflow',
    answer: json(WorkflowTags),
    errors: ['not_found'],
  },
  deleteWorkflowTag: {
    ...at('DELETE', `${agent}/tags/{key}`),
    summary: 'Delete a grouped tag of a workflow; one that is absent is no error',
    answer: json(WorkflowTags),
    errors: ['not_found', 'invalid_parameters'],
  },
  getWorkflowTagHistory: {
    ...at('GET', `${agent}/tags/history`),
    summary: 'What happened to the tags of a workflow, newest first',
    query: history,
    answer: json(WorkflowTagHistory),
    errors: ['not_found', 'validation_failed'],
  },
  getManyWorkflowTags: {
    ...at('GET', '/v1/workflow-tags'),
    summary: 'The tags of up to 200 workflows',
    query: z.object({
      workflow_permanent_ids: z.string().optional().meta({ description: 'Separated by commas' }),
    }),
    answer: json(ManyWorkflowTags),
    errors: ['invalid_parameters'],
  },
  readManyWorkflowTags: {
    ...at('POST', '/v1/workflow-tags'),
    summary: 'The tags of up to 200 workflows, their ids in the body',
    body: ManyWorkflowTagsRequest,
    answer: json(ManyWorkflowTags),
    errors: ['invalid_parameters', 'validation_failed'],
  },
} as const satisfies Record<string, Route>;

/** Tags of runs. */
const runTagRoutes = {
  applyRunTags: {
    ...at('POST', `${run}/tags`),
    summary: 'Set and delete tags of a run',
    body: TagApplyRequest,
    answer: json(RunTags),
    errors: ['not_found', 'validation_failed'],
  },
  getRunTags: {
    ...at('GET', `${run}/tags`),
    summary: 'The tags of a run',
    answer: json(RunTags),
    errors: ['not_found'],
  },
  deleteRunTag: {
    ...at('DELETE', `${run}/tags/{key}`),
    summary: 'Delete a grouped tag of a run; one that is absent is no error',
    answer: json(RunTags),
    errors: ['not_found', 'invalid_parameters'],
  },
  getRunTagHistory: {
    ...at('GET', `${run}/tags/history`),
    summary: 'What happened to the tags of a run, newest first',
    query: history,
    answer: json(RunTagHistory),
    errors: ['not_found', 'validation_failed'],
  },
  getManyRunTags: {
    ...at('GET', '/v1/run-tags'),
    summary: 'The tags of up to 200 runs',
    query: z.object({
      workflow_run_ids: z.string().optional().meta({ description: 'Separated by commas' }),
    }),
    answer: json(ManyRunTags),
    errors: ['invalid_parameters'],
  },
  readManyRunTags: {
    ...at('POST', '/v1/run-tags'),
    summary: 'The tags of up to 200 runs, their ids in the body',
    body: ManyRunTagsRequest,
    answer: json(ManyRunTags),
    errors: ['invalid_parameters', 'validation_failed'],
  },
  getRunTagSuggestions: {
    ...at('GET', '/v1/run-tag-suggestions'),
    summary: 'What runs were tagged with lately: from the newest 1,000 tags',
    answer: json(RunTagSuggestions),
    errors: [],
  },
} as const satisfies Record<string, Route>;

const keys = '/v1/tag-keys';
const values = '/v1/tag-values';

/** The keys and values that workflows are tagged with, or that were made on purpose. */
const vocabularyRoutes = {
  listTagKeys: {
    ...at('GET', keys),
    summary: 'The keys of the vocabulary',
    answer: json(z.array(TagKey)),
    errors: [],
  },
  updateTagKey: {
    ...at('PATCH', `${keys}/{key}`),
    summary: 'Describe a tag key',
    body: TagKeyUpdate,
    answer: json(TagKey),
    errors: ['not_found', 'validation_failed'],
  },
  deleteTagKey: {
    ...at('DELETE', `${keys}/{key}`),
    summary: 'Delete a tag key from the vocabulary, from every workflow and every run',
    answer: json(TagKeyDeleted),
    errors: ['not_found'],
  },
  listTagValues: {
    ...at('GET', values),
    summary: 'The values of the vocabulary: of every key, or of one',
    query: z.object({ key: z.string().optional() }),
    answer: json(z.array(TagValue)),
    errors: [],
  },
  createTagValue: {
    ...at('POST', values),
    summary: 'Add a value to the vocabulary',
    body: TagValueCreate,
    answer: json(TagValue),
    errors: ['conflict', 'validation_failed'],
  },
  updateTagValue: {
    ...at('PATCH', `${values}/{key}`),
    summary: 'Give a tag value another colour',
    body: TagValueUpdate,
    answer: json(TagValue),
    errors: ['not_found', 'validation_failed'],
  },
  renameTagValue: {
    ...at('PATCH', `${values}/{key}/rename`),
    summary: 'Rename a tag value, on every workflow and every run that has it',
    body: TagValueRename,
    answer: json(TagValueRenamed),
    errors: ['not_found', 'conflict', 'validation_failed'],
  },
  deleteTagValue: {
    ...at('DELETE', `${values}/{key}`),
    summary: 'Delete a tag value from the vocabulary, from every workflow and every run',
    body: TagValueDelete,
    answer: json(TagValueDeleted),
    errors: ['not_found', 'validation_failed'],
  },
} as const satisfies Record<string, Route>;

/** Tags of workflows and runs (reference: api.md §19). */
export const tagRoutes = { ...workflowTagRoutes, ...runTagRoutes, ...vocabularyRoutes } as const;
