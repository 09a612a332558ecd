import { z } from 'zod';
import { beyond, json, legacyTwin, type Route, reference } from '../route.ts';
import {
  AuthStatus,
  CurlCommand,
  CurlRequest,
  Health,
  ModelStatus,
  Models,
  RuntimeConfig,
  UiSession,
} from '../server-facts.ts';

const tag = 'Server';
const get = { ...reference, method: 'GET', tag } as const;
const post = { ...reference, method: 'POST', tag } as const;

/** The paths of what only the server's own machine is told. */
const local = (path: string) =>
  ({
    ...get,
    path: `/v1/internal/${path}`,
    twins: [
      { method: 'GET', path: `/api/v1/internal/${path}` },
      { method: 'GET', path: `/api/v2/internal/${path}` },
    ],
    auth: 'none',
    errors: ['not_found'],
  }) as const;

/** The server itself, and small services of it (reference: api.md §2, §24, §28). */
export const serverRoutes = {
  getVersion: {
    ...get,
    path: '/v1/version',
    twins: legacyTwin('GET', '/v1/version'),
    summary: 'The version of the server',
    auth: 'none',
    answer: json(z.object({ version: z.string() })),
    errors: [],
  },
  getHealth: {
    ...beyond,
    method: 'GET',
    path: '/health',
    tag,
    summary: 'Whether the server can work; 503 names the exact fault',
    auth: 'none',
    answer: json(Health),
    errors: ['unavailable'],
  },
  getMetrics: {
    ...beyond,
    method: 'GET',
    path: '/metrics',
    tag,
    summary: 'What the server counts and measures, for Prometheus',
    auth: 'none',
    headers: { authorization: '`Bearer` and the token, where the server has one for its metrics' },
    answer: { kind: 'text' },
    errors: ['invalid_credentials'],
  },
  heartbeat: {
    ...get,
    path: '/api/v1/heartbeat',
    summary: 'Answers with a text while the server is there',
    auth: 'none',
    answer: { kind: 'text' },
    errors: [],
  },
  getRuntimeConfig: {
    ...get,
    path: '/v1/config/runtime',
    twins: legacyTwin('GET', '/v1/config/runtime'),
    summary: 'What a web app has to know of the server',
    auth: 'none',
    answer: json(RuntimeConfig),
    errors: [],
  },
  getAuthStatus: {
    ...local('auth/status'),
    summary: "What is wrong with a key; only for callers on the server's own machine",
    headers: { 'x-api-key': 'The key to judge' },
    answer: json(AuthStatus),
  },
  getModelStatus: {
    ...local('llms/status'),
    summary: "Whether there is a model; only for callers on the server's own machine",
    answer: json(ModelStatus),
  },
  listModels: {
    ...get,
    path: '/api/v1/models',
    summary: 'The models that a block may name',
    answer: json(Models),
    errors: [],
  },
  createUiSession: {
    ...post,
    path: '/v1/ui-session',
    twins: legacyTwin('POST', '/v1/ui-session'),
    summary: 'A token that stands for the key for up to an hour; it manages no keys',
    answer: json(UiSession),
    errors: ['not_allowed'],
  },
  curlToHttp: {
    ...post,
    path: '/api/v1/utilities/curl-to-http',
    summary: 'The fields of an `http_request` block that does what a curl command does',
    body: CurlCommand,
    answer: json(CurlRequest),
    errors: ['invalid_parameters', 'validation_failed'],
  },
} as const satisfies Record<string, Route>;
