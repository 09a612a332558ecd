import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Lapwing, startLapwing } from '../../support/lapwing.ts';
import { addOrganization, type OtherOrganization } from '../../support/organizations.ts';

let lapwing: Lapwing;
let other: OtherOrganization;

beforeAll(async () => {
  lapwing = await startLapwing();
  other = await addOrganization(lapwing, 'other');
});
afterAll(() => lapwing.close());

describe('the state of a key', () => {
  it.each(['/v1', '/api/v1', '/api/v2'])('is told under %s to the same machine', async (prefix) => {
    const status = async (headers: Record<string, string>) => {
      const answer = await fetch(`${lapwing.url}${prefix}/internal/auth/status`, { headers });
      expect(answer.status).toBe(200);
      return (await answer.json()).status;
    };
    expect(await status({})).toBe('missing_api_key');
    expect(await status({ 'x-api-key': 'unknown-key' })).toBe('not_found');
    expect(await status({ 'x-api-key': lapwing.apiKey })).toBe('ok');
  });

  it('is told with what is to be done', async () => {
    const { body } = await lapwing.request('GET', '/v1/internal/auth/status', undefined, {
      'x-api-key': 'unknown-key',
    });
    expect(body.next_step).toMatch(/lapwing key create/);
  });
});

describe('the token of a session', () => {
  const ask = (method: string, path: string, token: string, body?: unknown) =>
    lapwing.request(method, path, body, { 'x-api-key': token });

  it('speaks for the key that it was asked with, and is not to be kept by caches', async () => {
    const session = await lapwing.request('POST', '/v1/ui-session');
    expect(session.headers.get('cache-control')).toBe('no-store');
    const mine = await ask('GET', '/api/v1/organizations/me', session.body.token);
    const own = await lapwing.request('GET', '/api/v1/organizations/me');
    expect(mine.body).toEqual(own.body);
    const theirs = await ask('POST', '/api/v1/ui-session', other.headers['x-api-key']);
    const seen = await ask('GET', '/api/v1/organizations/me', theirs.body.token);
    expect(seen.body.organization_id).toBe(other.organizationId);
  });

  it.each([
    ['POST', '/v1/ui-session', undefined],
    ['POST', '/v1/organizations', { organization_name: 'Another' }],
    ['GET', '/api/v1/organizations/me/apikeys', undefined],
    ['GET', '/v1/organizations/me/api_keys', undefined],
    ['POST', '/v1/organizations/me/api_keys', undefined],
    ['DELETE', '/v1/organizations/me/api_keys/oat_1', undefined],
  ])('may not %s %s', async (method, path, body) => {
    const { token } = (await lapwing.request('POST', '/v1/ui-session')).body;
    const answer = await ask(method, path, token, body);
    expect(answer.status).toBe(403);
    expect(answer.body.detail).toMatch(/send an API key/);
  });

  it('ends with its key', async () => {
    const key = (await lapwing.request('POST', '/v1/organizations/me/api_keys')).body;
    const { token } = (await ask('POST', '/v1/ui-session', key.token)).body;
    expect((await ask('GET', '/v1/agents', token)).status).toBe(200);
    await lapwing.request('DELETE', `/v1/organizations/me/api_keys/${key.id}`);
    expect((await ask('GET', '/v1/agents', token)).status).toBe(403);
  });
});

describe('a curl command', () => {
  it('becomes a block that can be saved', async () => {
    const curl_command = `curl -X POST https://api.test/items -H 'X-A: 1' -d '{"n": 1}'`;
    const { status, body } = await lapwing.request('POST', '/api/v1/utilities/curl-to-http', {
      curl_command,
    });
    expect(status).toBe(200);
    const blocks = [{ block_type: 'http_request', label: 'imported', ...body }];
    const id = await lapwing.createWorkflow({ blocks });
    const { workflow_definition: saved } = (await lapwing.request('GET', `/v1/agents/${id}`)).body;
    expect(saved.blocks[0]).toMatchObject(body);
  });

  it.each([
    [{ curl_command: 'wget https://a.test' }, 400],
    [{ curl_command: 'curl --proxy x https://a.test' }, 400],
    [{ curl_command: '' }, 422],
    [{}, 422],
  ])('%j is answered with %i', async (body, status) => {
    const answer = await lapwing.request('POST', '/api/v1/utilities/curl-to-http', body);
    expect(answer.status).toBe(status);
  });
});
