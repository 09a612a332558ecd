import type { JsonObject } from '../json.ts';

/** What the reference answers for browser blocks that a request cannot set on `goto_url` (openapi: UrlBlock). */
const gotoUrl: JsonObject = {
  task_type: 'general',
  title: '',
  engine: 'skyvern-1.0',
  complete_criterion: null,
  complete_criterion_is_untrusted: false,
  terminate_criterion: null,
  navigation_goal: null,
  data_extraction_goal: null,
  data_schema: null,
  error_code_mapping: null,
  max_retries: 0,
  max_steps_per_run: null,
  complete_on_download: false,
  download_suffix: null,
  totp_verification_url: null,
  totp_identifier: null,
  complete_verification: true,
  include_action_history_in_verification: false,
  download_timeout: null,
  include_extracted_text: true,
};

/** Fields with fixed values that answers show for a block although requests do not have them. */
export function responseFields(blockType: string): JsonObject {
  return { disable_cache: false, ...(blockType === 'goto_url' ? gotoUrl : {}) };
}
