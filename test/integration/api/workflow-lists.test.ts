import { Workflow } from '@lapwing/protocol';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Answer, type Lapwing, startLapwing } from '../../support/lapwing.ts';
import { addOrganization } from '../../support/organizations.ts';

let lapwing: Lapwing;

beforeAll(async () => {
  lapwing = await startLapwing();
});
afterAll(() => lapwing.close());

const blocks = [{ block_type: 'wait', label: 'pause', wait_sec: 1 }];
const create = (title: string, fields: object = {}, parameters: object[] = []) =>
  lapwing.createWorkflow({ blocks, parameters }, { title, ...fields });
const ask = (query: string): Promise<Answer> => lapwing.request('GET', `/v1/agents?${query}`);

/** The titles of a list, each workflow held against the schema. */
const titles = async (query: string): Promise<string[]> => {
  const answer = await ask(query);
  expect(answer.status, JSON.stringify(answer.body)).toBe(200);
  for (const workflow of answer.body) expect(Workflow.parse(workflow)).toEqual(workflow);
  return answer.body.map((workflow: Workflow) => workflow.title);
};
const search = (text: string) => titles(`search_key=${encodeURIComponent(text)}`);
const newFolder = async (title: string): Promise<string> =>
  (await lapwing.request('POST', '/v1/folders', { title })).body.folder_id;
const tag = (id: string, ...tags: object[]) =>
  lapwing.request('POST', `/v1/agents/${id}/tags`, { tags });

describe('search_key', () => {
  beforeAll(async () => {
    const folder = await newFolder('Köln office');
    await create('Alpha report', { folder_id: folder });
    await create('Beta', {}, [
      {
        parameter_type: 'workflow',
        workflow_parameter_type: 'string',
        key: 'supplier_name',
        description: 'Who delivers the goods',
        default_value: 'Acme 100% Ltd',
      },
      {
        parameter_type: 'workflow',
        workflow_parameter_type: 'json',
        key: 'settings',
        default_value: { depth: { colour: 'vermilion' } },
      },
    ]);
  });

  it.each([
    ['the title', 'ALPHA rep', ['Alpha report']],
    ['the name of the folder', 'köln', ['Alpha report']],
    ['the key of a parameter', 'supplier_n', ['Beta']],
    ['the description of a parameter', 'delivers', ['Beta']],
    ['the default of a parameter', 'acme 100%', ['Beta']],
    ['a part of a default that is no text', 'vermilion', ['Beta']],
  ])('finds %s', async (_what, text, expected) => {
    expect(await search(text)).toEqual(expected);
  });

  it.each(['pause_output', 'supplier%name', "x' or '1'='1", '\\'])(
    'finds nothing for %j',
    async (text) => {
      expect(await search(text)).toEqual([]);
    },
  );

  it('is read from the newest version only, and may be called title', async () => {
    const id = await create('Gamma first');
    await lapwing.request('POST', `/v1/agents/${id}`, {
      json_definition: { title: 'Gamma second', workflow_definition: { parameters: [], blocks } },
    });
    expect(await search('gamma first')).toEqual([]);
    expect(await titles('title=gamma')).toEqual(['Gamma second']);
  });
});

describe('folder_id', () => {
  it('leaves the workflows of one folder, newest first', async () => {
    const folder = await newFolder('F');
    for (const title of ['In one', 'In two']) await create(title, { folder_id: folder });
    expect(await titles(`folder_id=${folder}`)).toEqual(['In two', 'In one']);
    expect(await titles(`folder_id=${folder}&search_key=two`)).toEqual(['In two']);
    expect(await titles(`folder_id=${folder}&page_size=1&page=2`)).toEqual(['In one']);
    expect(await titles('folder_id=fld_1')).toEqual([]);
  });
});

describe('tags', () => {
  beforeAll(async () => {
    const both = await create('Both');
    const prod = await create('Prod');
    const test = await create('Test');
    await tag(both, { key: 'env', value: 'prod' }, { key: 'team', value: 'a' }, { value: 'hot' });
    await tag(prod, { key: 'env', value: 'prod' }, { value: 'hot' }, { value: 'cold' });
    await tag(test, { key: 'env', value: 'test' });
  });

  it.each([
    ['a value of a key', 'tags=env:prod', ['Prod', 'Both']],
    ['one of the values of a key', 'tags=env:prod&tags=env:test', ['Test', 'Prod', 'Both']],
    ['any value of a key', 'tags=env:*', ['Test', 'Prod', 'Both']],
    ['every key', 'tags=env:prod,team:a', ['Both']],
    ['every label', 'tags=hot,cold', ['Prod']],
    ['labels and keys', 'tags=hot&tags=team:*', ['Both']],
    ['a label, not a value of the same text', 'tags=prod', []],
    ['what nobody has', 'tags=env:prod&tags=nobody', []],
    ['nothing in particular', 'tags=&search_key=both', ['Both']],
  ])('find what has %s', async (_what, query, expected) => {
    expect(await titles(query)).toEqual(expected);
  });

  it('do not find by a tag that was taken away', async () => {
    const id = await create('Once');
    await tag(id, { value: 'brief' });
    expect(await titles('tags=brief')).toEqual(['Once']);
    await lapwing.request('POST', `/v1/agents/${id}/tags`, {
      tags_to_delete: [{ value: 'brief' }],
    });
    expect(await titles('tags=brief')).toEqual([]);
  });

  it('of 21 terms are a 400, of 21 parameters a 422, malformed a 400', async () => {
    const terms = Array.from({ length: 21 }, (_, index) => `t${index}`);
    expect((await ask(`tags=${terms.join(',')}`)).status).toBe(400);
    expect((await ask(terms.map((term) => `tags=${term}`).join('&'))).status).toBe(422);
    for (const term of ['env:', ':prod', 'a b:c', 'skyvern.a:b']) {
      expect((await ask(`tags=${encodeURIComponent(term)}`)).status, term).toBe(400);
    }
  });
});

describe('templates', () => {
  it('are marked, in every version, and listed', async () => {
    const id = await create('Template');
    const mark = (is: boolean) =>
      lapwing.request('PUT', `/v1/workflows/${id}/template?is_template=${is}`);
    const marked = await mark(true);
    expect(Workflow.parse(marked.body)).toEqual(marked.body);
    expect(marked.body.is_template).toBe(true);
    await lapwing.request('POST', `/v1/agents/${id}`, {
      json_definition: { title: 'Template 2', workflow_definition: { parameters: [], blocks } },
    });
    expect(await titles('only_templates=true')).toEqual(['Template 2']);
    expect((await mark(false)).body.is_template).toBe(false);
    expect(await titles('only_templates=true')).toEqual([]);
    const unknown = '/v1/workflows/wpid_1/template';
    expect((await lapwing.request('PUT', `${unknown}?is_template=true`)).status).toBe(404);
    expect((await lapwing.request('PUT', unknown)).status).toBe(422);
  });

  it('of the server are none, and exclude tags', async () => {
    expect(await titles('template=true')).toEqual([]);
    expect((await ask('template=true&tags=a')).status).toBe(400);
  });
});

it('shows another organization nothing, whatever it filters by', async () => {
  const folder = await newFolder('Mine');
  await tag(await create('Mine', { folder_id: folder }), { value: 'mine' });
  const other = await addOrganization(lapwing, 'other');
  for (const query of [`folder_id=${folder}`, 'tags=mine', 'search_key=mine', '']) {
    const answer = await lapwing.request('GET', `/v1/agents?${query}`, undefined, other.headers);
    expect([answer.status, answer.body]).toEqual([200, []]);
  }
});
