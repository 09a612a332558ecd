import { Folder, FolderDeleted, Workflow } from '@lapwing/protocol';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Answer, type Lapwing, startLapwing } from '../../support/lapwing.ts';
import { addOrganization, type OtherOrganization } from '../../support/organizations.ts';

let lapwing: Lapwing;
let other: OtherOrganization;

beforeAll(async () => {
  lapwing = await startLapwing();
  other = await addOrganization(lapwing, 'other');
});
afterAll(() => lapwing.close());

const blocks = [{ block_type: 'wait', label: 'pause', wait_sec: 1 }];

const createFolder = async (fields: object): Promise<Folder> => {
  const answer = await lapwing.request('POST', '/v1/folders', fields);
  expect(answer.status).toBe(200);
  expect(Folder.parse(answer.body)).toEqual(answer.body);
  return answer.body;
};
const read = (path: string): Promise<Answer> => lapwing.request('GET', `/v1/folders${path}`);
const createIn = (folderId: string): Promise<Answer> =>
  lapwing.request('POST', `/v1/agents?folder_id=${folderId}`, {
    json_definition: { title: 'T', workflow_definition: { parameters: [], blocks } },
  });
const move = (id: string, folderId: string | null): Promise<Answer> =>
  lapwing.request('PUT', `/v1/agents/${id}/folder`, { folder_id: folderId });
const folderOf = async (id: string) =>
  (await lapwing.request('GET', `/v1/agents/${id}`)).body.folder_id;

describe('a folder', () => {
  it('is created, read, changed and listed under each of its addresses', async () => {
    const folder = await createFolder({ title: 'Invoices' });
    expect(folder).toMatchObject({
      folder_id: expect.stringMatching(/^fld_\d+$/),
      title: 'Invoices',
      description: null,
      workflow_count: 0,
    });
    for (const prefix of ['/v1', '/api/v1']) {
      const answer = await lapwing.request('GET', `${prefix}/folders/${folder.folder_id}/`);
      expect(answer.body).toEqual(folder);
    }
    const changed = await lapwing.request('PUT', `/v1/folders/${folder.folder_id}`, {
      description: 'Of suppliers',
    });
    expect(Folder.parse(changed.body)).toEqual(changed.body);
    expect(changed.body).toMatchObject({ title: 'Invoices', description: 'Of suppliers' });
    const cleared = await lapwing.request('PUT', `/api/v1/folders/${folder.folder_id}`, {
      title: 'Bills',
      description: null,
    });
    expect(cleared.body).toMatchObject({ title: 'Bills', description: null });
  });

  it.each([
    [{}, ['body', 'title']],
    [{ title: '' }, ['body', 'title']],
    [{ title: 'x'.repeat(256) }, ['body', 'title']],
    [{ title: 7 }, ['body', 'title']],
    [{ title: 'a', description: [] }, ['body', 'description']],
    [{ title: 'a\0b' }, ['body', 'title']],
  ])('of %j is a 422', async (body, loc) => {
    const answer = await lapwing.request('POST', '/v1/folders', body);
    expect(answer.status).toBe(422);
    expect(answer.body.detail[0].loc).toEqual(loc);
  });

  it('may have a title of 255 characters, of any alphabet', async () => {
    await createFolder({ title: 'ж'.repeat(255) });
  });

  it('that is not there is a 404', async () => {
    for (const id of ['fld_1', '%2e%2e', "fld_1'--", 'x'.repeat(10_000)]) {
      expect((await read(`/${id}`)).status).toBe(404);
      expect((await lapwing.request('PUT', `/v1/folders/${id}`, {})).status).toBe(404);
      expect((await lapwing.request('DELETE', `/v1/folders/${id}`)).status).toBe(404);
    }
  });
});

describe('the list of folders', () => {
  it('has the one changed last first, in pages', async () => {
    const first = await createFolder({ title: 'Page one' });
    const second = await createFolder({ title: 'Page two' });
    const titles = async (query: string) =>
      (await read(query)).body.map((folder: Folder) => folder.title);
    expect((await titles('')).slice(0, 2)).toEqual(['Page two', 'Page one']);
    await lapwing.request('PUT', `/v1/folders/${first.folder_id}`, { description: 'newer' });
    expect(await titles('?page_size=1')).toEqual(['Page one']);
    expect(await titles('?page_size=1&page=2')).toEqual(['Page two']);
    expect(second.workflow_count).toBe(0);
  });

  it('is searched in titles and descriptions, letter case aside, wildcards taken as they are', async () => {
    await createFolder({ title: 'Zebra 100%' });
    await createFolder({ title: 'Other', description: 'about zebras' });
    const found = async (search: string) =>
      (await read(`?search=${encodeURIComponent(search)}`)).body.length;
    expect(await found('ZEBRA')).toBe(2);
    expect(await found('100%')).toBe(1);
    expect(await found('zebra_100')).toBe(0);
    expect(await found("'; drop table folders; --")).toBe(0);
  });

  it.each(['page=0', 'page_size=0', 'page_size=501', 'page=x'])(
    'with %s is a 422',
    async (query) => {
      expect((await read(`?${query}`)).status).toBe(422);
    },
  );
});

describe('workflows in folders', () => {
  it('are created there, counted, moved out and elsewhere, in every version', async () => {
    const [one, two] = [await createFolder({ title: 'One' }), await createFolder({ title: 'Two' })];
    const created = await createIn(one.folder_id);
    expect(created.body.folder_id).toBe(one.folder_id);
    expect(Workflow.parse(created.body)).toEqual(created.body);
    const id = created.body.workflow_permanent_id;
    await lapwing.request('POST', `/v1/agents/${id}`, {
      json_definition: { title: 'T2', workflow_definition: { parameters: [], blocks } },
    });
    const count = async (folder: Folder) =>
      (await read(`/${folder.folder_id}`)).body.workflow_count;
    expect(await count(one)).toBe(1);
    const moved = await move(id, two.folder_id);
    expect(Workflow.parse(moved.body)).toEqual(moved.body);
    expect(moved.body).toMatchObject({ folder_id: two.folder_id, version: 2 });
    expect([await count(one), await count(two)]).toEqual([0, 1]);
    const versions = await lapwing.request('GET', `/v1/agents/${id}/versions`);
    for (const version of versions.body) expect(version.folder_id).toBe(two.folder_id);
    for (const path of [`/v1/workflows/${id}/folder`, `/api/v1/workflows/${id}/folder`]) {
      expect((await lapwing.request('PUT', path, { folder_id: null })).body.folder_id).toBeNull();
    }
    expect(await count(two)).toBe(0);
  });

  it('take the folder of the definition when the query names none', async () => {
    const [one, two] = [await createFolder({ title: 'A' }), await createFolder({ title: 'B' })];
    const definition = {
      title: 'T',
      folder_id: one.folder_id,
      workflow_definition: { parameters: [], blocks },
    };
    const created = await lapwing.request('POST', '/v1/agents', { json_definition: definition });
    expect(created.body.folder_id).toBe(one.folder_id);
    const named = await lapwing.request('POST', `/v1/agents?folder_id=${two.folder_id}`, {
      json_definition: definition,
    });
    expect(named.body.folder_id).toBe(two.folder_id);
    const id = created.body.workflow_permanent_id;
    await lapwing.request('POST', `/v1/agents/${id}`, {
      json_definition: { ...definition, folder_id: two.folder_id },
    });
    expect(await folderOf(id)).toBe(one.folder_id);
  });

  it('go to no folder that is not there, and nothing is left behind', async () => {
    const before = (await lapwing.request('GET', '/v1/agents?page_size=1000')).body.length;
    const refused = await createIn('fld_1');
    expect(refused.status).toBe(400);
    expect(refused.body.detail).toContain('fld_1');
    const { body: folder } = await lapwing.request('POST', '/v1/folders', { title: 'F' });
    const { body: workflow } = await createIn(folder.folder_id);
    expect((await move(workflow.workflow_permanent_id, 'fld_1')).status).toBe(400);
    expect(await folderOf(workflow.workflow_permanent_id)).toBe(folder.folder_id);
    expect((await move('wpid_1', folder.folder_id)).status).toBe(404);
    expect((await move('wpid_1', 'fld_1')).status).toBe(404);
    const after = await lapwing.request('GET', '/v1/agents?page_size=1000');
    expect(after.body).toHaveLength(before + 1);
  });
});

describe('deleting a folder', () => {
  const filled = async () => {
    const folder = await createFolder({ title: 'Gone' });
    const { body } = await createIn(folder.folder_id);
    return { folderId: folder.folder_id, workflowId: body.workflow_permanent_id as string };
  };
  const remove = (folderId: string, query = '') =>
    lapwing.request('DELETE', `/v1/folders/${folderId}${query}`);

  it('moves its workflows out', async () => {
    const { folderId, workflowId } = await filled();
    const answer = await remove(folderId);
    expect(FolderDeleted.parse(answer.body)).toEqual(answer.body);
    expect(answer.body).toEqual({ status: 'deleted', folder_id: folderId, workflows_deleted: 0 });
    expect(await folderOf(workflowId)).toBeNull();
    expect((await read(`/${folderId}`)).status).toBe(404);
  });

  it('deletes its workflows too when it is told to', async () => {
    const { folderId, workflowId } = await filled();
    const answer = await remove(folderId, '?delete_workflows=true');
    expect(answer.body.workflows_deleted).toBe(1);
    expect((await lapwing.request('GET', `/v1/agents/${workflowId}`)).status).toBe(404);
  });

  it('while workflows come into it leaves none in a folder that is not there', async () => {
    const { folderId, workflowId } = await filled();
    const [deleted, ...others] = await Promise.all([
      remove(folderId),
      ...Array.from({ length: 5 }, () => createIn(folderId)),
      ...Array.from({ length: 5 }, () => move(workflowId, folderId)),
    ]);
    expect(deleted?.status).toBe(200);
    for (const { status } of others) expect([200, 400]).toContain(status);
    const left = await lapwing.request('GET', `/v1/agents?folder_id=${folderId}`);
    expect(left.body).toEqual([]);
    expect(await folderOf(workflowId)).toBeNull();
  });
});

describe('another organization', () => {
  it('sees no folder of the first, changes none, and puts nothing into it', async () => {
    const folder = await createFolder({ title: 'Mine' });
    const ask = (method: string, path: string, body?: object) =>
      lapwing.request(method, path, body, other.headers);
    const path = `/v1/folders/${folder.folder_id}`;
    expect((await ask('GET', '/v1/folders')).body).toEqual([]);
    expect((await ask('GET', path)).status).toBe(404);
    expect((await ask('PUT', path, { title: 'Theirs' })).status).toBe(404);
    expect((await ask('DELETE', path)).status).toBe(404);
    const definition = { title: 'T', workflow_definition: { parameters: [], blocks } };
    const created = await ask('POST', '/v1/agents', { json_definition: definition });
    const id = created.body.workflow_permanent_id;
    const body = { folder_id: folder.folder_id };
    expect((await ask('PUT', `/v1/agents/${id}/folder`, body)).status).toBe(400);
    expect((await lapwing.request('PUT', `/v1/agents/${id}/folder`, body)).status).toBe(404);
    expect((await read(`/${folder.folder_id}`)).body).toEqual(folder);
  });
});
