import { z } from 'zod';
import { WireTime } from './fields.ts';
import { RunStatus } from './runs.ts';

const block = {
  workflow_run_block_id: z.string(),
  label: z.string(),
  block_type: z.string(),
  current_index: z.number().int().nullable(),
};

/** Data of the server-sent events of a run, by the event's name. `id:` counts 1, 2, 3 … within the run. */
export const runEvents = {
  'run.status': z.object({
    status: RunStatus,
    failure_reason: z.string().nullable(),
    created_at: WireTime,
  }),
  'block.started': z.object({ ...block, created_at: WireTime }),
  'block.finished': z.object({
    ...block,
    status: z.string(),
    duration: z.number().meta({ description: 'Seconds' }),
    failure_reason: z.string().nullable(),
    created_at: WireTime,
  }),
  screenshot: z.object({
    workflow_run_block_id: z.string().nullable(),
    artifact_id: z.string(),
    url: z.string(),
    created_at: WireTime,
  }),
  log: z.object({
    workflow_run_block_id: z.string().nullable(),
    level: z.string(),
    message: z.string(),
    created_at: WireTime,
  }),
} as const;

export type RunEventType = keyof typeof runEvents;
