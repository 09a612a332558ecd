import { z } from 'zod';
import type { JsonObject } from '../../json.ts';
import type { BlockType, RenderMode } from '../block.ts';
import { parameterKeys } from '../fields/parameter-keys.ts';

const runEngines = [
  'skyvern-1.0',
  'skyvern-2.0',
  'skyvern-3.0',
  'openai-cua',
  'anthropic-cua',
  'ui-tars',
  'yutori-navigator',
] as const;

const text = z.string().nullable().default(null);
const defaultEngine = 'skyvern-1.0';

/** How many steps a task may take. */
export const maxSteps = z.int().nullable().default(null).describe('Most steps that may be taken.');

/** Fields of every block whose work is an agent task (blocks.md §4.2, field matrix). */
export const agentFields = {
  engine: z.enum(runEngines).default(defaultEngine).describe('Which agent does it.'),
  error_code_mapping: z
    .record(z.string(), z.string())
    .nullable()
    .default(null)
    .describe('Error codes, each with a description of when it applies.'),
  max_steps_per_run: maxSteps,
  parameter_keys: parameterKeys,
  disable_cache: z.boolean().default(false).describe('Never replays recorded actions.'),
};

/** Where a task starts and how often it is tried. */
export const pageFields = {
  url: text.describe('Opened first. Empty: the task goes on where the browser is.'),
  title: z.string().default('').describe('Name of the task, for display.'),
  max_retries: z.int().default(0).describe('Further attempts after a failed one.'),
};

/** What a task may download. */
export const downloadFields = {
  complete_on_download: z
    .boolean()
    .default(false)
    .describe('Done as soon as a file has been downloaded.'),
  download_suffix: text.describe('The whole name of a downloaded file, without its ending.'),
};

/** Where one-time codes come from. */
export const totpFields = {
  totp_verification_url: text.describe('Address that is asked for one-time codes.'),
  totp_identifier: text.describe('Whose codes: an e-mail address or a phone number.'),
};

/** When a task has reached its goal, and when it never will. */
export const criteriaFields = {
  complete_criterion: text.describe('When the goal is reached.'),
  terminate_criterion: text.describe('When it cannot be reached, and the block ends terminated.'),
};

/** How the end of a task is checked. */
export const verificationFields = {
  complete_verification: z.boolean().default(true).describe('Checks the end before it counts.'),
  include_action_history_in_verification: z
    .boolean()
    .default(false)
    .describe('Shows that check what was done.'),
};

/** A JSON Schema, or a text that describes the wanted data. */
export const dataSchema = z
  .union([z.record(z.string(), z.json()), z.array(z.json()), z.string()])
  .nullable()
  .default(null)
  .describe('JSON Schema of the data, or a text that describes it.');

const modes: Readonly<Record<string, RenderMode>> = {
  title: 'text',
  url: 'text',
  totp_identifier: 'text',
  totp_verification_url: 'text',
  download_suffix: 'text',
  navigation_goal: 'text',
  data_extraction_goal: 'text',
  data_schema: 'text',
  complete_criterion: 'text',
  terminate_criterion: 'text',
  error_code_mapping: 'json',
};

/**
 * The fields that a block of the family renders: those of a task that it has (blocks.md §3.5), and its own.
 * @param own Fields of `params`.
 */
export function renderedTaskFields<P extends z.ZodObject>(
  params: P,
  own: Readonly<Record<string, RenderMode>> = {},
): BlockType<P>['rendered'] {
  const entries = Object.entries({ ...modes, ...own });
  const present = entries.filter(([name]) => Object.hasOwn(params.shape, name));
  return Object.fromEntries(present) as BlockType<P>['rendered'];
}

/** What a stored block of the task family shows where neither the request nor the block type says otherwise. */
export const taskDefaults: JsonObject = {
  task_type: 'general',
  url: null,
  title: '',
  engine: defaultEngine,
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
