import {
  ApiKey,
  ApiKeys,
  type Organization,
  OrganizationCreated,
  Organizations,
} from '@lapwing/protocol';
import { CliError } from './cli-error.ts';
import { type Client, findClient } from './client.ts';
import type { Invocation } from './command.ts';

/** Organizations and keys, wherever they are kept. Every method throws CliError. */
export interface Administration {
  createOrganization(name: string): Promise<OrganizationCreated>;
  organizations(): Promise<readonly Organization[]>;
  createKey(): Promise<ApiKey>;
  keys(): Promise<readonly ApiKey[]>;
  revokeKey(apiKeyId: string): Promise<ApiKey>;
}

function overHttp(client: Client, organizationId: string): Administration {
  const keys = `/v1/organizations/${encodeURIComponent(organizationId)}/api_keys`;
  return {
    createOrganization: (name) =>
      client.request('POST', '/v1/organizations', OrganizationCreated, { organization_name: name }),
    organizations: async () =>
      (await client.request('GET', '/v1/organizations', Organizations)).organizations,
    createKey: () => client.request('POST', keys, ApiKey),
    keys: async () => (await client.request('GET', keys, ApiKeys)).api_keys,
    revokeKey: (id) => client.request('DELETE', `${keys}/${encodeURIComponent(id)}`, ApiKey),
  };
}

type Service = Awaited<
  ReturnType<typeof import('@lapwing/server').openOrganizations>
>['organizations'];

function onDatabase(service: Service, given: string | undefined): Administration {
  const target = async (): Promise<string> => {
    if (given !== undefined) return (await service.get(given)).organization_id;
    const [first, ...others] = await service.list();
    if (first === undefined) {
      throw new CliError('There is no organization yet: make one with `lapwing org create <name>`');
    }
    if (others.length === 0) return first.organization_id;
    throw new CliError('There are several organizations: say which with --organization <id>', 2);
  };
  return {
    createOrganization: (name) => service.create(name),
    organizations: () => service.list(),
    createKey: async () => service.createKey(await target()),
    keys: async () => service.keys(await target(), null),
    revokeKey: async (id) => service.revokeKey(await target(), id),
  };
}

/**
 * Lets `work` administer: over HTTP when LAPWING_URL or --url names a server, else in the database of this machine, which
 * no server may have open unless it is PostgreSQL.
 */
export async function administer(
  invocation: Invocation,
  work: (administration: Administration) => Promise<void>,
): Promise<void> {
  const { organization } = invocation.options;
  const given = typeof organization === 'string' ? organization : undefined;
  const client = findClient(invocation);
  if (client !== null) return work(overHttp(client, given ?? 'me'));
  const { LapwingError, openOrganizations } = await import('@lapwing/server');
  try {
    const opened = await openOrganizations(invocation.environment);
    try {
      await work(onDatabase(opened.organizations, given));
    } finally {
      await opened.close();
    }
  } catch (error) {
    if (!(error instanceof LapwingError)) throw error;
    const advice =
      error.code === 'unavailable'
        ? '. To ask a running server, set LAPWING_URL and LAPWING_API_KEY'
        : '';
    throw new CliError(`${error.message}${advice}`, 1, { cause: error });
  }
}
