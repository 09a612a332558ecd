import type { tagRoutes } from '@lapwing/protocol';
import type { Principal } from '../../domain/organizations/service.ts';
import type { TagsService } from '../../domain/tags/service.ts';
import type { JsonHandlers } from '../handlers.ts';

type TagHandlers = Pick<JsonHandlers, keyof typeof tagRoutes>;

interface SubjectRequest {
  readonly principal: Principal;
  readonly params: Readonly<Record<string, string>>;
}

const workflowOf = ({ principal, params }: SubjectRequest) =>
  ({
    kind: 'workflow',
    organizationId: principal.organizationId,
    id: params.workflow_permanent_id ?? '',
  }) as const;
const runOf = ({ principal, params }: SubjectRequest) =>
  ({ kind: 'run', organizationId: principal.organizationId, id: params.run_id ?? '' }) as const;
const keyOf = ({ params }: Pick<SubjectRequest, 'params'>) => params.key ?? '';

/** Ids separated by commas. */
const idsOf = (text: string | undefined) =>
  (text ?? '')
    .split(',')
    .map((id) => id.trim())
    .filter((id) => id !== '');

type WorkflowTagHandlers = Pick<
  TagHandlers,
  Extract<keyof TagHandlers, `${string}Workflow${string}`>
>;
type RunTagHandlers = Pick<TagHandlers, Extract<keyof TagHandlers, `${string}Run${string}`>>;

function workflowTagHandlers(tags: TagsService): WorkflowTagHandlers {
  const answer = async (request: SubjectRequest, list: ReturnType<TagsService['list']>) => ({
    workflow_permanent_id: workflowOf(request).id,
    tags: await list,
  });
  const many = async ({ organizationId }: Principal, ids: readonly string[]) => ({
    workflow_tags: await tags.ofMany('workflow', organizationId, ids),
  });
  return {
    applyWorkflowTags: (request) =>
      answer(request, tags.apply(workflowOf(request), request.principal, request.body)),
    getWorkflowTags: (request) => answer(request, tags.list(workflowOf(request))),
    deleteWorkflowTag: (request) =>
      answer(request, tags.remove(workflowOf(request), request.principal, keyOf(request))),
    getWorkflowTagHistory: async (request) => ({
      workflow_permanent_id: workflowOf(request).id,
      events: await tags.history(workflowOf(request), request.query),
    }),
    getManyWorkflowTags: ({ principal, query }) =>
      many(principal, idsOf(query.workflow_permanent_ids)),
    readManyWorkflowTags: ({ principal, body }) => many(principal, body.workflow_permanent_ids),
  };
}

function runTagHandlers(tags: TagsService): RunTagHandlers {
  const answer = async (request: SubjectRequest, list: ReturnType<TagsService['list']>) => ({
    workflow_run_id: runOf(request).id,
    tags: await list,
  });
  const many = async ({ organizationId }: Principal, ids: readonly string[]) => ({
    run_tags: await tags.ofMany('run', organizationId, ids),
  });
  return {
    applyRunTags: (request) =>
      answer(request, tags.apply(runOf(request), request.principal, request.body)),
    getRunTags: (request) => answer(request, tags.list(runOf(request))),
    deleteRunTag: (request) =>
      answer(request, tags.remove(runOf(request), request.principal, keyOf(request))),
    getRunTagHistory: async (request) => ({
      workflow_run_id: runOf(request).id,
      events: await tags.history(runOf(request), request.query),
    }),
    getManyRunTags: ({ principal, query }) => many(principal, idsOf(query.workflow_run_ids)),
    readManyRunTags: ({ principal, body }) => many(principal, body.workflow_run_ids),
    getRunTagSuggestions: ({ principal }) => tags.runSuggestions(principal.organizationId),
  };
}

type VocabularyHandlers = Omit<TagHandlers, keyof WorkflowTagHandlers | keyof RunTagHandlers>;

function vocabularyHandlers({ vocabulary }: TagsService): VocabularyHandlers {
  return {
    listTagKeys: ({ principal }) => vocabulary.keys(principal.organizationId),
    updateTagKey: (request) =>
      vocabulary.describe(
        request.principal.organizationId,
        keyOf(request),
        request.body.description,
      ),
    deleteTagKey: (request) => vocabulary.deleteKey(request.principal, keyOf(request)),
    listTagValues: ({ principal, query }) => vocabulary.values(principal.organizationId, query.key),
    createTagValue: ({ principal, body }) => vocabulary.createValue(principal.organizationId, body),
    updateTagValue: (request) =>
      vocabulary.recolor(request.principal.organizationId, keyOf(request), request.body),
    renameTagValue: (request) => vocabulary.rename(request.principal, keyOf(request), request.body),
    deleteTagValue: (request) =>
      vocabulary.deleteValue(request.principal, keyOf(request), request.body.value),
  };
}

export function tagHandlers(tags: TagsService): TagHandlers {
  return {
    ...workflowTagHandlers(tags),
    ...runTagHandlers(tags),
    ...vocabularyHandlers(tags),
  };
}
