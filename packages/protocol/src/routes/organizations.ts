import {
  ApiKey,
  ApiKeys,
  Organization,
  OrganizationCreate,
  OrganizationCreated,
  Organizations,
  OrganizationUpdate,
} from '../organizations.ts';
import { beyond, json, type Route, reference } from '../route.ts';

const tag = 'Organizations';
const legacy = '/api/v1/organizations';
const keys = '/v1/organizations/{organization_id}/api_keys';

/** Organizations and their keys (reference: api.md §24). `me` stands for the organization of the key. */
export const organizationRoutes = {
  createOrganization: {
    ...beyond,
    method: 'POST',
    path: '/v1/organizations',
    tag,
    summary: 'Make an organization with its first key; only the first organization may',
    body: OrganizationCreate,
    answer: json(OrganizationCreated),
    errors: ['not_allowed', 'validation_failed'],
  },
  listOrganizations: {
    ...beyond,
    method: 'GET',
    path: '/v1/organizations',
    tag,
    summary: 'The organization of the key; for the first organization all of them',
    answer: json(Organizations),
    errors: [],
  },
  createApiKey: {
    ...beyond,
    method: 'POST',
    path: keys,
    tag,
    summary: 'Make a key; its text is shown only in this answer',
    answer: json(ApiKey),
    errors: ['not_found', 'not_allowed'],
  },
  listApiKeys: {
    ...beyond,
    method: 'GET',
    path: keys,
    tag,
    summary: 'The keys of the organization, newest first',
    answer: json(ApiKeys),
    errors: ['not_found', 'not_allowed'],
  },
  revokeApiKey: {
    ...beyond,
    method: 'DELETE',
    path: `${keys}/{api_key_id}`,
    tag,
    summary: 'Make a key invalid, at once; the last valid one of an organization stays',
    answer: json(ApiKey),
    errors: ['not_found', 'not_allowed', 'invalid_state'],
  },
  getOwnOrganizations: {
    ...reference,
    method: 'GET',
    path: legacy,
    tag,
    summary: 'The organization of the key, in a list',
    answer: json(Organizations),
    errors: [],
  },
  updateOrganization: {
    ...reference,
    method: 'PUT',
    path: legacy,
    tag,
    summary: 'Change the organization of the key',
    body: OrganizationUpdate,
    answer: json(Organization),
    errors: [
      'validation_failed',
      'invalid_parameters',
      'invalid_url',
      'blocked_host',
      'not_supported',
      'conflict',
    ],
  },
  getOrganization: {
    ...reference,
    method: 'GET',
    path: `${legacy}/me`,
    tag,
    summary: 'The organization of the key',
    answer: json(Organization),
    errors: [],
  },
  getApiKeys: {
    ...reference,
    method: 'GET',
    path: `${legacy}/{organization_id}/apikeys`,
    tag,
    summary: 'The keys of the organization; the one that asks is first, and whole',
    answer: json(ApiKeys),
    errors: ['not_found', 'not_allowed'],
  },
} as const satisfies Record<string, Route>;
