import type { OrganizationUpdate } from '@lapwing/protocol';
import { LapwingError } from '../../errors.ts';
import type { OrganizationSettings } from './view.ts';

/** Fields that another field of the same request clears. */
const clearable = [
  'max_steps_per_workflow_run',
  'max_concurrent_runs',
  'artifact_url_expiry_seconds',
  'default_llm_key',
  'default_secondary_llm_key',
] as const;
const expirySeconds = { min: 3600, max: 604_800 } as const;

function refuseContradictions(update: OrganizationUpdate): void {
  for (const name of clearable) {
    if (update[name] != null && update[`clear_${name}`]) {
      throw new LapwingError(
        'invalid_parameters',
        `${name} and clear_${name} exclude each other: send one of them`,
      );
    }
  }
}

/** Refuses what this version has no use for, so that nothing that was asked for is silently left out. */
function refuseUnserved(update: OrganizationUpdate): void {
  const expiry = update.artifact_url_expiry_seconds ?? null;
  if (expiry !== null) {
    if (expiry < expirySeconds.min || expiry > expirySeconds.max) {
      throw new LapwingError(
        'invalid_parameters',
        `artifact_url_expiry_seconds = ${expiry} is not within ${expirySeconds.min}..${expirySeconds.max}`,
      );
    }
    throw new LapwingError(
      'not_supported',
      'artifact_url_expiry_seconds is not served by this version: addresses of files live 12 hours, those of pictures and videos one; read the run again for new ones',
    );
  }
  for (const name of ['default_llm_key', 'default_secondary_llm_key'] as const) {
    if (update[name] != null) {
      throw new LapwingError(
        'invalid_parameters',
        `${name} = ${update[name]} names no model of this organization: it has none`,
      );
    }
  }
}

/**
 * The settings after an update; what it leaves out stays.
 * @throws LapwingError `invalid_parameters`, `not_supported`
 */
export function updatedSettings(
  before: Partial<OrganizationSettings>,
  update: OrganizationUpdate,
): Partial<OrganizationSettings> {
  refuseContradictions(update);
  refuseUnserved(update);
  const given = {
    webhook_callback_url: update.webhook_callback_url,
    max_steps_per_run: update.max_steps_per_run,
    max_steps_per_workflow_run: update.max_steps_per_workflow_run,
    max_retries_per_step: update.max_retries_per_step,
    max_concurrent_runs: update.max_concurrent_runs,
  };
  const set = Object.entries(given).filter(([, value]) => value != null);
  return {
    ...before,
    ...Object.fromEntries(set),
    ...(update.clear_max_steps_per_workflow_run && { max_steps_per_workflow_run: null }),
    ...(update.clear_max_concurrent_runs && { max_concurrent_runs: null }),
  };
}
