import { z } from 'zod';

export const Health = z.object({
  status: z.enum(['ok', 'degraded', 'failing']).meta({
    description: '`degraded`: something is wrong that the server works in spite of',
  }),
  checks: z.record(z.string(), z.object({ ok: z.boolean(), detail: z.string() })),
});

/** What a web app has to know of the server that it talks to (reference: api.md §24). */
export const RuntimeConfig = z
  .object({
    browser_streaming_mode: z.enum(['cdp', 'vnc']),
    browser_streaming_label: z.string(),
    environment: z.string(),
    warnings: z.array(z.string()),
  })
  .meta({ id: 'RuntimeConfig' });

/** What is wrong with the key of a request, in words for whoever sets up the server (reference: api.md §24). */
export const AuthStatus = z
  .object({
    status: z.enum(['missing_api_key', 'invalid_format', 'invalid', 'expired', 'not_found', 'ok']),
    detail: z.string().nullable(),
    next_step: z.string().nullable(),
  })
  .meta({ id: 'AuthStatus' });

/** Whether there is a model to work with (reference: api.md §24). */
export const ModelStatus = z
  .object({
    status: z.enum(['ok', 'setup_required']),
    default_llm_key: z.string().nullable(),
    has_server_configured_llm: z.boolean(),
    custom_llm_count: z.number().int(),
    issues: z.array(z.string()),
    detail: z.string().nullable(),
    next_step: z.string().nullable(),
  })
  .meta({ id: 'ModelStatus' });

export const Models = z.object({
  models: z.record(z.string(), z.string()).meta({ description: 'Key → name to show' }),
});

/** A token that stands for a key for an hour at most (reference: api.md §2). */
export const UiSession = z
  .object({
    token: z.string().meta({ description: 'Sent in x-api-key as a key is' }),
    expires_at: z.number().int().meta({ description: 'Unix seconds' }),
  })
  .meta({ id: 'UiSession' });
export type UiSession = z.infer<typeof UiSession>;

export const CurlCommand = z.object({ curl_command: z.string().min(1).max(100_000) });

/** The fields of an `http_request` block (reference: api.md §28, blocks.md §4.10). */
export const CurlRequest = z
  .object({
    method: z.string(),
    url: z.string(),
    headers: z.record(z.string(), z.string()),
    body: z.record(z.string(), z.unknown()).nullable(),
    timeout: z.number().int().meta({ description: 'Seconds' }),
    follow_redirects: z.boolean(),
  })
  .meta({ id: 'CurlRequest' });
export type CurlRequest = z.infer<typeof CurlRequest>;
