import { z } from 'zod';
import { parameterKeys } from '../fields/parameter-keys.ts';

/** The fields of an `http_request` block. */
export const httpFields = z
  .object({
    method: z
      .string()
      .trim()
      .min(1)
      .default('GET')
      .describe('GET, POST, PUT, PATCH, DELETE or another.'),
    url: z
      .string()
      .nullable()
      .default(null)
      .describe('Address, or the key of a parameter; needed when the block runs.'),
    headers: z
      .record(z.string(), z.union([z.string(), z.number(), z.boolean()]))
      .nullable()
      .default(null)
      .describe(
        'Headers of the request. Content-Type decides how the body is written: JSON unless given.',
      ),
    body: z
      .record(z.string(), z.json())
      .nullable()
      .default(null)
      .describe(
        'Sent as JSON, or as form fields when that is the Content-Type; `{{ value | json }}` keeps a type.',
      ),
    files: z
      .record(z.string(), z.string())
      .nullable()
      .default(null)
      .describe('Form field to the address or file_path of a file.'),
    timeout: z.int().min(1).default(30).describe('Seconds.'),
    follow_redirects: z.boolean().default(true).describe('Whether a redirect is followed.'),
    download_filename: z.string().nullable().default(null).describe('Name of the saved file.'),
    save_response_as_file: z
      .boolean()
      .default(false)
      .describe('Fetches the url into a file of the run; method and body are not used.'),
    secret_response_paths: z
      .array(z.string().min(1))
      .nullable()
      .default(null)
      .describe('Dotted paths of secrets in the answer; a token replaces each in the output.'),
    parameter_keys: parameterKeys,
  })
  .refine(
    (fields) => !(fields.save_response_as_file && (fields.secret_response_paths ?? []).length > 0),
    'secret_response_paths cannot be used together with save_response_as_file',
  );

export type HttpFields = z.output<typeof httpFields>;

const harmlessMethods = new Set(['GET', 'HEAD', 'OPTIONS']);

/** Whether sending this method twice does no harm. */
export function isHarmless(method: string): boolean {
  return harmlessMethods.has(method.toUpperCase());
}
