import { z } from 'zod';
import { parameterKeys } from '../fields/parameter-keys.ts';

const maxCodes = 64;
const maxMappingBytes = 32_768;
const noControls = /^[^\p{Cc}\p{Cf}]*$/u;

const actionTypes = [
  'click',
  'input_text',
  'paste_text',
  'upload_file',
  'download_file',
  'select_option',
  'checkbox',
  'wait',
  'hover',
  'null_action',
  'solve_captcha',
  'terminate',
  'complete',
  'reload_page',
  'close_page',
  'new_tab',
  'switch_tab',
  'extract',
  'verification_code',
  'goto_url',
  'go_back',
  'go_forward',
  'scroll',
  'keypress',
  'move',
  'drag',
  'left_mouse',
  'execute_js',
] as const;

/** Codes that the block may raise, with what they mean (limits: blocks.md §4.8). */
const errorCodeMapping = z
  .record(
    z.string().trim().min(1).max(128).regex(noControls, 'may hold no control characters'),
    z.string().trim().min(1).max(2000).regex(noControls, 'may hold no control characters'),
  )
  .refine(
    (mapping) => Object.keys(mapping).length <= maxCodes,
    `may hold ${maxCodes} codes at most`,
  )
  .refine(
    (mapping) =>
      new TextEncoder().encode(Object.entries(mapping).flat().join('')).length <= maxMappingBytes,
    `may hold ${maxMappingBytes} bytes at most`,
  );

const step = z.object({
  title: z.string().nullable().default(null).describe('Name of the step.'),
  description: z.string().nullable().default(null).describe('What the step does.'),
  action_type: z.enum(actionTypes).default('null_action').describe('Kind of the step.'),
  line_start: z.int().nullable().default(null).describe('Its first line.'),
  line_end: z.int().nullable().default(null).describe('Its last line.'),
});

/** The fields of a `code` block. */
export const codeFields = z.object({
  code: z
    .string()
    .describe(
      'Statements, run as the body of an async function. Beside `page` they may await `click_and_claim_download(target)` (clicks, and gives the path of the file that comes), `solve_captcha()` (waits until none is left) and `otp()` (asks `totp_url` of the run for a one-time code).',
    ),
  language: z
    .enum(['python', 'javascript', 'typescript'])
    .default('python')
    .describe('Templates are rendered in python only: elsewhere use the parameters as variables.'),
  parameter_keys: parameterKeys.describe(
    'Keys of parameters and outputs that the code sees as variables. Of a `file_url` it gets the path of a copy, for `set_input_files`; a credential is an object with `username`, `password`, `totp`, …, `otp()` and `magic_link(page)`.',
  ),
  prompt: z.string().nullable().default(null).describe('What the code is for, for display.'),
  steps: z.array(step).nullable().default(null).describe('An outline for display.'),
  error_code_mapping: errorCodeMapping
    .nullable()
    .default(null)
    .describe('Codes that ErrorCode may raise, each with what it means.'),
  parameters: z.never({ error: 'is no field of a code block: use parameter_keys' }).optional(),
  error_code: z.never({ error: 'is no field of a code block: use error_code_mapping' }).optional(),
});
