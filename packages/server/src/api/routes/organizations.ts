import type { OrganizationsService, Principal } from '../../domain/organizations/service.ts';
import type { UrlCheck } from '../../domain/workflows/service.ts';
import { LapwingError } from '../../errors.ts';
import type { JsonHandlers } from '../handlers.ts';

type OrganizationHandlers = Pick<
  JsonHandlers,
  | 'createOrganization'
  | 'listOrganizations'
  | 'createApiKey'
  | 'listApiKeys'
  | 'revokeApiKey'
  | 'getOwnOrganizations'
  | 'updateOrganization'
  | 'getOrganization'
  | 'getApiKeys'
>;

export function organizationHandlers(parts: {
  readonly organizations: OrganizationsService;
  readonly checkUrl: UrlCheck;
}): OrganizationHandlers {
  const { organizations, checkUrl } = parts;
  /**
   * The organization of a path whose keys are managed: one's own, or any for the first organization.
   * @throws LapwingError `not_found`, `not_allowed`
   */
  const target = async (request: {
    readonly principal: Principal;
    readonly params: Readonly<Record<string, string>>;
  }): Promise<string> => {
    organizations.assertKey(request.principal);
    const { organizationId: own } = request.principal;
    const asked = request.params.organization_id ?? '';
    if (asked === 'me' || asked === own) return own;
    if (await organizations.isFirst(own)) return (await organizations.get(asked)).organization_id;
    throw new LapwingError('not_found', `Organization ${asked} not found`);
  };
  const own = (principal: Principal) => organizations.get(principal.organizationId);
  return {
    createOrganization: async ({ principal, body }) => {
      organizations.assertKey(principal);
      if (!(await organizations.isFirst(principal.organizationId))) {
        throw new LapwingError(
          'not_allowed',
          "Only the first organization makes others: send one of its keys, or use `lapwing org create` on the server's machine",
        );
      }
      return organizations.create(body.organization_name);
    },
    listOrganizations: async ({ principal }) => ({
      organizations: (await organizations.isFirst(principal.organizationId))
        ? await organizations.list()
        : [await own(principal)],
    }),
    createApiKey: async (request) => organizations.createKey(await target(request)),
    listApiKeys: async (request) => ({
      api_keys: await organizations.keys(await target(request), null),
    }),
    revokeApiKey: async (request) =>
      organizations.revokeKey(await target(request), request.params.api_key_id ?? ''),
    getOwnOrganizations: async ({ principal }) => ({ organizations: [await own(principal)] }),
    updateOrganization: async ({ principal, body }) => {
      if (body.webhook_callback_url) await checkUrl(body.webhook_callback_url);
      return organizations.update(principal.organizationId, body);
    },
    getOrganization: ({ principal }) => own(principal),
    getApiKeys: async (request) => ({
      api_keys: await organizations.keys(await target(request), request.principal.apiKeyId),
    }),
  };
}
