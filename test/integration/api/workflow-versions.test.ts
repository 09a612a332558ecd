import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findWorkflow } from '../../../packages/server/src/domain/workflows/store.ts';
import { type Answer, type Lapwing, startLapwing } from '../../support/lapwing.ts';

let lapwing: Lapwing;

beforeAll(async () => {
  lapwing = await startLapwing();
});
afterAll(() => lapwing.close());

const definition = { parameters: [], blocks: [] };

const save = (path: string, fields: object): Promise<Answer> =>
  lapwing.request('POST', `/v1/agents${path}`, {
    json_definition: { title: 'Test', workflow_definition: definition, ...fields },
  });
const created = async (fields: object = {}): Promise<string> => {
  const answer = await save('', fields);
  expect(answer.status).toBe(200);
  return answer.body.workflow_permanent_id;
};
const get = (path: string): Promise<Answer> => lapwing.request('GET', `/v1/agents${path}`);

describe('updating', () => {
  it('stores a new version under the same permanent id, and keeps the old one', async () => {
    const id = await created({ title: 'First' });
    const second = await save(`/${id}`, { title: 'Second' });
    expect(second.body).toMatchObject({ workflow_permanent_id: id, version: 2, title: 'Second' });
    const versions = (await get(`/${id}/versions`)).body;
    expect(versions.map((row: Answer['body']) => [row.version, row.title])).toEqual([
      [2, 'Second'],
      [1, 'First'],
    ]);
    expect(new Set(versions.map((row: Answer['body']) => row.workflow_id)).size).toBe(2);
    expect((await get(`/${id}`)).body.version).toBe(2);
    expect((await get(`/${id}?version=1`)).body.title).toBe('First');
  });

  it('of an unknown workflow, and reading an unknown version, is a 404', async () => {
    const id = await created();
    expect((await save('/wpid_1', {})).status).toBe(404);
    for (const version of [2, 2_147_483_647])
      expect((await get(`/${id}?version=${version}`)).status).toBe(404);
  });

  it('that is refused leaves the version before as it was', async () => {
    const id = await created({ title: 'Good' });
    expect((await save(`/${id}`, { title: 7 })).status).toBe(422);
    expect((await save(`/${id}`, { webhook_callback_url: 'http://10.1.1.1' })).status).toBe(400);
    expect((await get(`/${id}`)).body).toMatchObject({ version: 1, title: 'Good' });
  });

  it('inherits what is left out of a few settings, and sets the others to their defaults', async () => {
    const id = await created({
      mask_secrets: true,
      enable_self_healing: true,
      pin_saved_session_ip: true,
      code_version: 2,
      max_elapsed_time_minutes: 7,
      description: 'Not inherited',
      totp_identifier: 'Neither',
    });
    expect((await save(`/${id}`, {})).body).toMatchObject({
      mask_secrets: true,
      enable_self_healing: true,
      pin_saved_session_ip: true,
      code_version: 2,
      max_elapsed_time_minutes: 7,
      description: null,
      totp_identifier: null,
    });
  });

  it('takes null as "as before" for some settings and as "none" for others', async () => {
    const inherited = { mask_secrets: true, enable_self_healing: true, code_version: 2 };
    const headers = { cdp_connect_headers: { token: 'x' } };
    const id = await created({ ...inherited, max_elapsed_time_minutes: 7, ...headers });
    const nulls = { mask_secrets: null, enable_self_healing: null, code_version: null };
    const answer = await save(`/${id}`, {
      ...nulls,
      max_elapsed_time_minutes: null,
      cdp_connect_headers: null,
    });
    expect(answer.body).toMatchObject({
      ...inherited,
      max_elapsed_time_minutes: null,
      cdp_connect_headers: null,
    });
  });

  it('ten times at once answers each with its own version or with a 409', async () => {
    const id = await created();
    const titles = Array.from({ length: 10 }, (_, index) => `Save ${index}`);
    const answers = await Promise.all(titles.map((title) => save(`/${id}`, { title })));
    const saved = answers.filter(({ status }) => status === 200).map(({ body }) => body);
    const lost = answers.filter(({ status }) => status === 409);
    expect(saved.length).toBeGreaterThanOrEqual(1);
    expect(lost.length).toBeGreaterThanOrEqual(1);
    expect(saved.length + lost.length).toBe(10);
    for (const { body } of lost) expect(body.detail).toContain('Concurrent update detected');
    const versions = (await get(`/${id}/versions`)).body;
    expect(versions.map((row: Answer['body']) => row.version)).toEqual(
      Array.from({ length: saved.length + 1 }, (_, index) => saved.length + 1 - index),
    );
  });
});

describe('cdp_connect_headers', () => {
  const stored = async (id: string): Promise<Record<string, string>> => {
    const { organization_id: organizationId } = (await get(`/${id}`)).body;
    const row = await findWorkflow(lapwing.server.app.database.sql, organizationId, id);
    return (row?.settings.cdp_connect_headers ?? {}) as Record<string, string>;
  };
  const opened = async (id: string) => {
    const { workflows } = lapwing.server.app;
    const { organization_id: organizationId } = (await get(`/${id}`)).body;
    return workflows.cdpHeaders(await workflows.newest(organizationId, id));
  };

  it('are sealed in the database and masked in every answer', async () => {
    const answer = await save('', { cdp_connect_headers: { authorization: 'Bearer hush' } });
    const id = answer.body.workflow_permanent_id;
    const answers = [answer, await get(`/${id}`), await get(`/${id}/versions`), await get('')];
    for (const { body } of answers) {
      expect(JSON.stringify(body)).not.toContain('hush');
      expect(JSON.stringify(body)).toContain('"cdp_connect_headers":{"authorization":"***"}');
    }
    expect((await stored(id)).authorization).toMatch(/^v1\./);
    expect(await opened(id)).toEqual({ authorization: 'Bearer hush' });
  });

  it('keep the stored value where an update sends the mask, and drop a mask of nothing', async () => {
    const id = await created({ cdp_connect_headers: { kept: 'k', changed: 'old', gone: 'g' } });
    const update = { kept: '***', changed: 'new', unknown: '***' };
    const answer = await save(`/${id}`, { cdp_connect_headers: update });
    expect(answer.body.cdp_connect_headers).toEqual({ kept: '***', changed: '***' });
    expect(await opened(id)).toEqual({ kept: 'k', changed: 'new' });
  });

  it('are inherited when an update leaves them out', async () => {
    const id = await created({ cdp_connect_headers: { kept: 'k' } });
    await save(`/${id}`, {});
    expect(await opened(id)).toEqual({ kept: 'k' });
  });

  it('hold no mask of a workflow that is new', async () => {
    const id = await created({ cdp_connect_headers: { token: '***' } });
    expect(await opened(id)).toEqual({});
  });
});

describe('the list', () => {
  const titlesOf = async (query: string): Promise<string[]> => {
    const answer = await get(`?${query}`);
    expect(answer.status).toBe(200);
    return answer.body.map((row: Answer['body']) => row.title);
  };

  beforeAll(async () => {
    for (const title of ['List A', 'List B', 'List C', 'List 100%', 'List_D'])
      await created({ title });
    await created({ title: 'List draft', status: 'draft' });
    await created({ title: 'List auto', status: 'auto_generated' });
    await created({ title: 'List task', is_saved_task: true });
    const id = await created({ title: 'List old name' });
    await save(`/${id}`, { title: 'Renamed' });
  });

  it('has the newest first, in pages that meet without gap or overlap', async () => {
    const all = await titlesOf('search_key=List&page_size=100');
    expect(all[0]).toBe('List task');
    expect(all.at(-1)).toBe('List A');
    const pages = [
      await titlesOf('search_key=List&page_size=3&page=1'),
      await titlesOf('search_key=List&page_size=3&page=2'),
      await titlesOf('search_key=List&page_size=3&page=3'),
    ];
    expect(pages.flat()).toEqual(all);
    expect(await titlesOf('search_key=List&page=2147483647&page_size=2147483647')).toEqual([]);
  });

  it('has ten of them unless told otherwise', async () => {
    await Promise.all(Array.from({ length: 11 }, () => created({ title: 'Filler' })));
    expect(await titlesOf('search_key=Filler')).toHaveLength(10);
  });

  it('is searched by newest title, in any case, taking % and _ as they are', async () => {
    expect(await titlesOf('search_key=list%20b')).toEqual(['List B']);
    expect(await titlesOf('title=list%20b')).toEqual(['List B']);
    expect(await titlesOf('search_key=100%25')).toEqual(['List 100%']);
    expect(await titlesOf('search_key=list_')).toEqual(['List_D']);
    expect(await titlesOf('search_key=%5C')).toEqual([]);
    expect(await titlesOf('search_key=old%20name')).toEqual([]);
    expect(await titlesOf('search_key=renamed')).toEqual(['Renamed']);
  });

  it('has what is published or a draft, unless other states are asked for', async () => {
    const titles = await titlesOf('search_key=List&page_size=100');
    expect(titles).toContain('List draft');
    expect(titles).not.toContain('List auto');
    expect(await titlesOf('search_key=List&status=auto_generated')).toEqual(['List auto']);
    expect(await titlesOf('search_key=List&status=auto_generated&status=draft')).toEqual([
      'List auto',
      'List draft',
    ]);
  });

  it('has saved tasks only, or none of them, when asked', async () => {
    expect(await titlesOf('search_key=List&only_saved_tasks=true')).toEqual(['List task']);
    const workflows = await titlesOf('search_key=List&only_workflows=true&page_size=100');
    expect(workflows).toContain('List A');
    expect(workflows).not.toContain('List task');
    const both = await get('?only_saved_tasks=true&only_workflows=true');
    expect(both.status).toBe(400);
    expect(both.body.detail).toContain('only_saved_tasks');
  });
});
