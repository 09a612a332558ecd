import type { TagEvent } from '@lapwing/protocol';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Lapwing, startLapwing } from '../../support/lapwing.ts';
import { addOrganization, type OtherOrganization } from '../../support/organizations.ts';
import { idOf, plainTags, TagClient } from '../../support/tags.ts';

let lapwing: Lapwing;
let other: OtherOrganization;
const tags = new TagClient(() => lapwing);

beforeAll(async () => {
  lapwing = await startLapwing();
  other = await addOrganization(lapwing, 'other');
});
afterAll(() => lapwing.close());

describe('tags of a workflow', () => {
  it('are set, read, replaced and deleted', async () => {
    const path = await tags.workflow({ key: 'env', value: 'prod' }, { value: 'urgent' });
    const { body } = await tags.apply(path, [{ key: 'env', value: 'test' }]);
    expect(body.workflow_permanent_id).toBe(idOf(path));
    expect(plainTags(body.tags)).toEqual(['env:test', 'urgent']);
    expect(body.tags[0]).toMatchObject({
      source: 'manual',
      set_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+$/),
      set_by: expect.stringMatching(/^oat_\d+$/),
    });
    expect(await tags.tagsOf(path)).toEqual(['env:test', 'urgent']);
    expect(plainTags((await tags.done('DELETE', `${path}/tags/env`)).tags)).toEqual(['urgent']);
    expect(plainTags((await tags.done('DELETE', `${path}/tags/env`)).tags)).toEqual(['urgent']);
    const cleared = await tags.apply(path, [], { tags_to_delete: [{ value: 'urgent' }] });
    expect(cleared.body.tags).toEqual([]);
  });

  it('are set rather than deleted when a request says both', async () => {
    const path = await tags.workflow({ key: 'env', value: 'prod' });
    const both = { tags_to_delete: [{ key: 'env' }, { value: 'kept' }] };
    await tags.apply(path, [{ key: 'env', value: 'prod' }, { value: 'kept' }], both);
    expect(await tags.tagsOf(path)).toEqual(['env:prod', 'kept']);
  });

  it('stay with the workflow when a new version is saved', async () => {
    const path = await tags.workflow({ value: 'stays' });
    await tags.done('POST', path, {
      json_definition: { title: 'T2', workflow_definition: { parameters: [], blocks: [] } },
    });
    expect(await tags.tagsOf(path)).toEqual(['stays']);
  });

  it.each([
    ['a key of 65 characters', [{ key: 'k'.repeat(65), value: 'v' }]],
    ['a key with a space', [{ key: 'a b', value: 'v' }]],
    ['a key that begins with a dot', [{ key: '.a', value: 'v' }]],
    ['a reserved key', [{ key: 'skyvern.a', value: 'v' }]],
    ['a value of 257 characters', [{ key: 'a', value: 'v'.repeat(257) }]],
    ['a value with a comma', [{ key: 'a', value: 'v,w' }]],
    ['an empty value', [{ key: 'a', value: ' ' }]],
    ['the value *', [{ key: 'a', value: '*' }]],
    ['a label with a colon', [{ value: 'a:b' }]],
    ['a label with a null byte', [{ value: 'a\0b' }]],
    ['no value', [{ key: 'a' }]],
    [
      'two values of one key',
      [
        { key: 'a', value: '1' },
        { key: 'a', value: '2' },
      ],
    ],
  ])('may not have %s', async (_what, given) => {
    const path = await tags.workflow();
    expect((await tags.apply(path, given)).status).toBe(422);
    expect(await tags.tagsOf(path)).toEqual([]);
  });

  it('may have the longest key and value there can be', async () => {
    const path = await tags.workflow({ key: 'k'.repeat(64), value: 'ж'.repeat(256) });
    expect(await tags.tagsOf(path)).toHaveLength(1);
  });

  it('are 20 at most, also when many are set at once side by side', async () => {
    const path = await tags.workflow();
    const labels = (from: number, count: number) =>
      Array.from({ length: count }, (_, index) => ({ value: `t${from + index}` }));
    expect((await tags.apply(path, labels(0, 21))).status).toBe(422);
    const answers = await Promise.all(
      [0, 8, 16, 24].map((from) => tags.apply(path, labels(from, 8))),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 200, 422, 422]);
    expect(await tags.tagsOf(path)).toHaveLength(16);
  });

  it('end in one value of a key, whoever sets it at the same time', async () => {
    const path = await tags.workflow();
    const values = Array.from({ length: 8 }, (_, index) => `v${index}`);
    await Promise.all(values.map((value) => tags.apply(path, [{ key: 'race', value }])));
    expect(await tags.tagsOf(path)).toHaveLength(1);
    const { events } = await tags.done('GET', `${path}/tags/history`);
    expect(events.filter((event: TagEvent) => event.superseded_at === null)).toHaveLength(1);
  });

  it('are refused a colour that there is not, and a deletion of nothing', async () => {
    const path = await tags.workflow();
    const mauve = await tags.apply(path, [{ key: 'a', value: 'b' }], { colors: { b: 'mauve' } });
    expect(mauve.status).toBe(422);
    expect((await tags.apply(path, [], { tags_to_delete: [{}] })).status).toBe(422);
    expect((await tags.ask('DELETE', `${path}/tags/a%20b`)).status).toBe(400);
  });

  it('answer under the names that the reference has besides', async () => {
    const path = await tags.workflow({ value: 'twin' });
    for (const twin of ['/v1/workflows', '/api/v1/workflows', '/v1/agents']) {
      const answer = await lapwing.request('GET', `${twin}/${idOf(path)}/tags/`);
      expect(plainTags(answer.body.tags)).toEqual(['twin']);
    }
  });

  it('of a workflow that is not there are a 404', async () => {
    const deleted = await tags.workflow({ value: 'gone' });
    await tags.done('POST', `${deleted}/delete`);
    for (const path of ['/v1/agents/wpid_1', deleted]) {
      expect((await tags.ask('GET', `${path}/tags`)).status).toBe(404);
      expect((await tags.ask('GET', `${path}/tags/history`)).status).toBe(404);
      expect((await tags.apply(path, [{ value: 'a' }])).status).toBe(404);
      expect((await tags.ask('DELETE', `${path}/tags/a`)).status).toBe(404);
    }
  });
});

describe('the history of tags', () => {
  it('tells newest first what was set and deleted, and when that ended', async () => {
    const path = await tags.workflow({ key: 'env', value: 'prod' });
    await tags.apply(path, [{ key: 'env', value: 'prod' }]);
    await tags.apply(path, [{ key: 'env', value: 'test' }, { value: 'x' }]);
    await tags.done('DELETE', `${path}/tags/env`);
    const history = async (query = '') =>
      (await tags.done('GET', `${path}/tags/history${query}`)).events as TagEvent[];
    const events = await history('?key=env');
    expect(events.map(({ event_type, value }) => `${event_type} ${value}`)).toEqual([
      'delete test',
      'set test',
      'set prod',
    ]);
    expect(events.map(({ superseded_at }) => superseded_at === null)).toEqual([true, false, false]);
    expect(events[0]?.tag_event_id).toMatch(/^tge_\d+$/);
    expect(await history()).toHaveLength(4);
    expect(await history('?limit=1')).toHaveLength(1);
    expect(await history(`?since=${events[2]?.set_at}`)).toHaveLength(4);
    expect(await history('?since=2999-01-01T00:00:00%2B02:00')).toEqual([]);
  });

  it.each(['limit=0', 'limit=501', 'since=yesterday'])('with %s is a 422', async (query) => {
    const path = await tags.workflow({ value: 'a' });
    expect((await tags.ask('GET', `${path}/tags/history?${query}`)).status).toBe(422);
  });
});

describe('tags of a run', () => {
  it('begin as its run_metadata', async () => {
    const path = await tags.run({
      run_metadata: { ' team ': ' ops ', 'order no': '1, 2', empty: ' ', 'skyvern.x': 'y' },
    });
    expect(await tags.tagsOf(path)).toEqual(['order no:1, 2', 'team:ops']);
    const { events } = await tags.done('GET', `${path}/tags/history`);
    expect(events[0].tag_event_id).toMatch(/^rtge_\d+$/);
  });

  it('are none for a run that was refused', async () => {
    const before = await tags.done('GET', '/v1/run-tag-suggestions');
    const refused = await tags.ask('POST', '/v1/run/agents', {
      workflow_id: idOf(await tags.workflow()),
      run_metadata: { never: 'x'.repeat(257) },
    });
    expect(refused.status).toBe(422);
    expect(await tags.done('GET', '/v1/run-tag-suggestions')).toEqual(before);
  });

  it('are set, replaced and deleted while the run goes on', async () => {
    const path = await tags.run({ run_metadata: { 'order no': '1' } });
    const { body } = await tags.apply(path, [{ value: 'watched' }, { key: 'env', value: 'prod' }]);
    expect(body.workflow_run_id).toBe(idOf(path));
    expect(plainTags(body.tags)).toEqual(['env:prod', 'order no:1', 'watched']);
    await tags.done('DELETE', `${path}/tags/env`);
    // A key of run_metadata that could not be set as a tag can be deleted all the same.
    await tags.apply(path, [], { tags_to_delete: [{ key: 'order no' }] });
    expect(await tags.tagsOf(path)).toEqual(['watched']);
    expect((await tags.ask('GET', '/v1/runs/wr_1/tags')).status).toBe(404);
    expect((await tags.apply('/v1/runs/wr_1', [{ value: 'a' }])).status).toBe(404);
  });

  it('are suggested, newest first: keys, up to three values of each, labels', async () => {
    for (const value of ['a', 'b', 'c', 'd']) await tags.run({ run_metadata: { letter: value } });
    const path = await tags.run();
    await tags.apply(path, [{ value: 'newest' }]);
    const suggestions = await tags.done('GET', '/v1/run-tag-suggestions');
    expect(suggestions.keys[0]).toBe('letter');
    expect(suggestions.values_by_key.letter).toEqual(['d', 'c', 'b']);
    expect(suggestions.labels[0]).toBe('newest');
  });

  it('do not fill the vocabulary, unless they are given a colour', async () => {
    const path = await tags.run({ run_metadata: { number: '4711' } });
    await tags.apply(
      path,
      [
        { key: 'number', value: '4712' },
        { key: 'mood', value: 'good' },
      ],
      {
        colors: { good: 'teal' },
      },
    );
    const keys = (await tags.done('GET', '/v1/tag-keys')).map(({ key }: { key: string }) => key);
    expect(keys).toContain('mood');
    expect(keys).not.toContain('number');
    expect(await tags.done('GET', '/v1/tag-values?key=mood')).toEqual([
      { key: 'mood', value: 'good', color: 'teal', workflow_count: 0 },
    ]);
  });
});

describe('tags of many', () => {
  it('are answered for each id, none for what is unknown', async () => {
    const [a, b] = [await tags.workflow({ value: 'many' }), await tags.workflow()];
    const expected = {
      workflow_tags: { [idOf(a)]: [{ key: null, value: 'many' }], [idOf(b)]: [], wpid_1: [] },
    };
    const ids = [idOf(a), idOf(b), 'wpid_1'];
    const query = `workflow_permanent_ids=${ids.join(',')}`;
    expect(await tags.done('GET', `/v1/workflow-tags?${query}`)).toEqual(expected);
    const body = { workflow_permanent_ids: ids };
    expect(await tags.done('POST', '/v1/workflow-tags', body)).toEqual(expected);
    expect(await tags.done('GET', '/v1/workflow-tags')).toEqual({ workflow_tags: {} });
  });

  it('are answered for runs', async () => {
    const path = await tags.run({ run_metadata: { a: 'b' } });
    const expected = { run_tags: { [idOf(path)]: [{ key: 'a', value: 'b' }] } };
    expect(await tags.done('GET', `/v1/run-tags?workflow_run_ids=${idOf(path)}`)).toEqual(expected);
    const body = { workflow_run_ids: [idOf(path)] };
    expect(await tags.done('POST', '/v1/run-tags', body)).toEqual(expected);
  });

  it('are 200 at most', async () => {
    const ids = (count: number) => Array.from({ length: count }, (_, index) => `wr_${index}`);
    const most = await tags.done('POST', '/v1/run-tags', { workflow_run_ids: ids(200) });
    expect(Object.keys(most.run_tags)).toHaveLength(200);
    const tooMany = { workflow_run_ids: ids(201) };
    expect((await tags.ask('POST', '/v1/run-tags', tooMany)).status).toBe(400);
    const query = `workflow_permanent_ids=${ids(201).join(',')}`;
    expect((await tags.ask('GET', `/v1/workflow-tags?${query}`)).status).toBe(400);
  });
});

describe('another organization', () => {
  const theirs = (method: string, path: string, body?: object) =>
    lapwing.request(method, path, body, other.headers);

  it('sees and changes no tag of the first', async () => {
    const workflow = await tags.workflow({ key: 'secret', value: 'x' });
    const run = await tags.run({ run_metadata: { secret: 'x' } });
    for (const path of [workflow, run]) {
      expect((await theirs('GET', `${path}/tags`)).status).toBe(404);
      expect((await theirs('GET', `${path}/tags/history`)).status).toBe(404);
      expect((await theirs('POST', `${path}/tags`, { tags: [{ value: 'a' }] })).status).toBe(404);
      expect((await theirs('DELETE', `${path}/tags/secret`)).status).toBe(404);
    }
    const many = await theirs('GET', `/v1/workflow-tags?workflow_permanent_ids=${idOf(workflow)}`);
    expect(many.body.workflow_tags).toEqual({ [idOf(workflow)]: [] });
    const runs = await theirs('POST', '/v1/run-tags', { workflow_run_ids: [idOf(run)] });
    expect(runs.body.run_tags).toEqual({ [idOf(run)]: [] });
    const suggestions = await theirs('GET', '/v1/run-tag-suggestions');
    expect(suggestions.body).toEqual({ keys: [], values_by_key: {}, labels: [] });
    expect((await theirs('GET', '/v1/tag-keys')).body).toEqual([]);
    expect((await theirs('GET', '/v1/tag-values')).body).toEqual([]);
    expect((await theirs('DELETE', '/v1/tag-keys/secret')).status).toBe(404);
    const names = { value: 'x', new_value: 'y' };
    expect((await theirs('PATCH', '/v1/tag-values/secret/rename', names)).status).toBe(404);
    expect(await tags.tagsOf(workflow)).toEqual(['secret:x']);
  });

  it('has a vocabulary of its own', async () => {
    await tags.workflow({ key: 'shared', value: 'x' });
    const created = await theirs('POST', '/v1/tag-values', { key: 'shared', value: 'x' });
    expect(created.body).toEqual({ key: 'shared', value: 'x', color: 'gray', workflow_count: 0 });
    expect((await theirs('DELETE', '/v1/tag-keys/shared')).body.removed_count).toBe(0);
    const values = await tags.done('GET', '/v1/tag-values?key=shared');
    expect(values).toHaveLength(1);
  });
});
