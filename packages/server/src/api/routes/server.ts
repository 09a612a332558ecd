import { isIP } from 'node:net';
import type { OrganizationsService } from '../../domain/organizations/service.ts';
import { LapwingError } from '../../errors.ts';
import { checkHealth, type HealthCheck } from '../../lib/health.ts';
import { curlRequest } from '../curl-command.ts';
import type { JsonHandlers, StreamHandlers } from '../handlers.ts';

type ServerHandlers = Pick<
  JsonHandlers,
  | 'getVersion'
  | 'getHealth'
  | 'getRuntimeConfig'
  | 'getAuthStatus'
  | 'getModelStatus'
  | 'listModels'
  | 'createUiSession'
  | 'curlToHttp'
> &
  Pick<StreamHandlers, 'heartbeat' | 'getMetrics'>;

/** What the server counts and measures, as text. */
export interface MetricsText {
  readonly contentType: string;
  /** @throws LapwingError `invalid_credentials` */
  read(authorization: string | undefined): Promise<string>;
}

interface Parts {
  readonly version: string;
  readonly organizations: OrganizationsService;
  readonly healthChecks: readonly HealthCheck[];
  readonly metrics: MetricsText;
}

export function serverHandlers(parts: Parts): ServerHandlers {
  const { version, organizations, healthChecks, metrics } = parts;
  return {
    getVersion: async () => ({ version }),
    getHealth: () => health(healthChecks),
    getMetrics: async ({ headers }, reply) => {
      const text = await metrics.read(headers.authorization);
      return reply.type(metrics.contentType).send(text);
    },
    heartbeat: async (_request, reply) =>
      reply
        .header('x-skyvern-api-version', version)
        .type('text/plain; charset=utf-8')
        .send('Server is running.'),
    getRuntimeConfig: async () => ({
      browser_streaming_mode: 'cdp',
      browser_streaming_label: 'CDP screencast',
      environment: 'local',
      warnings: ['Live views of browsers are not served by this version'],
    }),
    getAuthStatus: async ({ headers }, reply) => {
      assertLocal(reply.request.ip);
      return authStatus(headers['x-api-key'], organizations);
    },
    getModelStatus: async (_request, reply) => {
      assertLocal(reply.request.ip);
      return { ...modelStatus, issues: [...modelStatus.issues] };
    },
    listModels: async () => ({ models: {} }),
    createUiSession: async ({ principal }, reply) => {
      reply.header('cache-control', 'no-store');
      return organizations.createUiSession(principal);
    },
    curlToHttp: async ({ body }) => curlRequest(body.curl_command),
  };
}

/** @throws LapwingError `unavailable` naming each fault. */
async function health(checks: readonly HealthCheck[]) {
  const { faults, ...report } = await checkHealth(checks);
  if (report.status === 'failing') throw new LapwingError('unavailable', faults);
  return report;
}

/** To anybody else there is nothing here. @throws LapwingError `not_found` */
function assertLocal(address: string): void {
  const plain = address.replace(/^::ffff:/, '');
  const isLocal = isIP(plain) === 4 ? plain.startsWith('127.') : plain === '::1';
  if (!isLocal) throw new LapwingError('not_found', 'Not Found');
}

async function authStatus(key: string | undefined, organizations: OrganizationsService) {
  if (key === undefined || key === '') {
    const detail = 'No API key was sent in x-api-key';
    return { status: 'missing_api_key' as const, detail, next_step: 'Put your key in x-api-key' };
  }
  try {
    await organizations.authenticate(key);
    return { status: 'ok' as const, detail: null, next_step: null };
  } catch (error) {
    if (!(error instanceof LapwingError)) throw error;
    const next = 'Make a key with `lapwing key create`';
    return { status: 'not_found' as const, detail: error.message, next_step: next };
  }
}

/** There is no agent in this version, so there is no model to be set up. */
const modelStatus = {
  status: 'setup_required',
  default_llm_key: null,
  has_server_configured_llm: false,
  custom_llm_count: 0,
  issues: ['Models are not served by this version'],
  detail: 'Blocks that need a model are kept, and fail when a run reaches them',
  next_step: null,
} as const;
