import { LegacyRun, RunResponse } from '@lapwing/protocol';
import { wireTime } from '../../lib/time.ts';

const nothing = (fields: object) =>
  Object.fromEntries(Object.keys(fields).map((name) => [name, null]));

/** The webhook of a run that there never was: every field that a run's webhook has, for receivers to be tried with. */
export function samplePayload(now: Date): object {
  const at = wireTime(now);
  const output = { example_output: { message: 'This is a test' } };
  const times = {
    created_at: at,
    modified_at: at,
    queued_at: at,
    started_at: at,
    finished_at: at,
  };
  const legacy: Partial<LegacyRun> = {
    workflow_id: 'wpid_0',
    workflow_run_id: 'wr_0',
    agent_id: 'wpid_0',
    agent_run_id: 'wr_0',
    workflow_title: 'Sample',
    parameters: {},
    outputs: output,
    total_steps: 1,
  };
  const modern: Partial<RunResponse> = {
    run_id: 'wr_0',
    run_type: 'workflow_run',
    status: 'completed',
    output,
    downloaded_files: [],
    recording_archived: false,
    errors: [],
    step_count: 1,
    run_with: 'agent',
  };
  const every = { ...nothing(LegacyRun.shape), ...nothing(RunResponse.shape) };
  return { ...every, ...legacy, ...modern, ...times };
}
