import { randomUUID } from 'node:crypto';
import { expandDefinition, type WorkflowRequest } from '@lapwing/workflow';
import { newId } from '../../lib/ids.ts';
import type { Seal } from '../../lib/seal.ts';
import { wireTime } from '../../lib/time.ts';
import { mergeSettings } from './settings.ts';
import type { insertWorkflow, WorkflowPlace, WorkflowRow } from './store.ts';

/** Header values that are kept sealed; the mask stands for the value that is stored. */
function sealedHeaders(
  headers: Readonly<Record<string, string>>,
  seal: Seal,
): Record<string, string> {
  const entries = Object.entries(headers);
  return Object.fromEntries(
    entries.map(([name, value]) => [name, value === '***' ? value : seal.seal(value)]),
  );
}

/** A version that is to be saved. */
interface VersionSave {
  readonly organizationId: string;
  readonly permanentId: string;
  readonly workflowId: string;
  readonly version: number;
  readonly request: WorkflowRequest;
  /** The version before; what a request leaves out is taken from it. */
  readonly before: WorkflowRow | null;
  readonly place: WorkflowPlace;
}

/** The row of a version: its definition expanded, its secret headers sealed. */
export function versionRow(save: VersionSave, seal: Seal): Parameters<typeof insertWorkflow>[1] {
  const {
    title,
    description,
    status,
    workflow_definition,
    folder_id: _,
    ...settings
  } = save.request;
  const headers = settings.cdp_connect_headers;
  const sealed = headers == null ? headers : sealedHeaders(headers, seal);
  const environment = {
    workflowId: save.workflowId,
    now: wireTime(new Date()),
    newId,
    newUuid: randomUUID,
  };
  return {
    workflowId: save.workflowId,
    workflowPermanentId: save.permanentId,
    organizationId: save.organizationId,
    version: save.version,
    title,
    description,
    status,
    ...save.place,
    settings: mergeSettings(
      { ...settings, cdp_connect_headers: sealed },
      save.before?.settings ?? null,
    ),
    definition: { ...expandDefinition(workflow_definition, environment) },
  };
}
