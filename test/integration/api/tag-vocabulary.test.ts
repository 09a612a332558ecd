import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Lapwing, startLapwing } from '../../support/lapwing.ts';
import { TagClient } from '../../support/tags.ts';

let lapwing: Lapwing;
const tags = new TagClient(() => lapwing);

beforeAll(async () => {
  lapwing = await startLapwing();
});
afterAll(() => lapwing.close());

describe('the vocabulary', () => {
  const keyNamed = async (name: string) =>
    (await tags.done('GET', '/v1/tag-keys')).find(({ key }: { key: string }) => key === name);

  it('learns the keys and values of workflows, and counts those that are there', async () => {
    const path = await tags.workflow({ key: 'stage', value: 'one' });
    await tags.workflow({ key: 'stage', value: 'one' });
    await tags.apply(
      await tags.workflow({ key: 'stage', value: 'two' }),
      [{ key: 'stage', value: 'two' }],
      {
        colors: { two: 'red' },
      },
    );
    expect(await keyNamed('stage')).toEqual({ key: 'stage', description: null, workflow_count: 3 });
    await tags.done('POST', `${path}/delete`);
    expect((await keyNamed('stage')).workflow_count).toBe(2);
    expect(await tags.done('GET', '/v1/tag-values?key=stage')).toEqual([
      { key: 'stage', value: 'one', color: 'gray', workflow_count: 1 },
      { key: 'stage', value: 'two', color: 'red', workflow_count: 1 },
    ]);
  });

  it('has a description of each key', async () => {
    await tags.workflow({ key: 'described', value: 'x' });
    const patched = await tags.done('PATCH', '/v1/tag-keys/described', { description: 'Why' });
    expect(patched).toEqual({ key: 'described', description: 'Why', workflow_count: 1 });
    expect(await keyNamed('described')).toEqual(patched);
    expect(await tags.done('PATCH', '/v1/tag-keys/described', {})).toEqual(patched);
    const cleared = await tags.done('PATCH', '/v1/tag-keys/described', { description: null });
    expect(cleared.description).toBeNull();
    expect((await tags.ask('PATCH', '/v1/tag-keys/unknown', { description: 'x' })).status).toBe(
      404,
    );
  });

  it('takes new values once, and recolours them', async () => {
    const body = { key: 'size', value: 'large', color: 'blue' };
    const created = await tags.done('POST', '/v1/tag-values', body);
    expect(created).toEqual({ ...body, workflow_count: 0 });
    expect((await tags.ask('POST', '/v1/tag-values', body)).status).toBe(409);
    const small = await tags.done('POST', '/v1/tag-values', { key: 'size', value: 'small' });
    expect(small.color).toBe('gray');
    const recolor = { value: 'large', color: 'pink' };
    expect(await tags.done('PATCH', '/v1/tag-values/size', recolor)).toEqual({
      ...created,
      color: 'pink',
    });
    const unknown = { value: 'huge', color: 'pink' };
    expect((await tags.ask('PATCH', '/v1/tag-values/size', unknown)).status).toBe(404);
  });

  it.each([
    { key: 'a b', value: 'v' },
    { key: 'a', value: 'v,w' },
    { key: 'a', value: '*' },
    { key: 'a', value: 'v', color: 'mauve' },
    { key: 'a' },
  ])('refuses the value %j with a 422', async (body) => {
    expect((await tags.ask('POST', '/v1/tag-values', body)).status).toBe(422);
  });

  it('renames a value wherever it is', async () => {
    const workflow = await tags.workflow({ key: 'region', value: 'eu' }, { value: 'label' });
    const run = await tags.run({ run_metadata: { region: 'eu' } });
    await tags.done('PATCH', '/v1/tag-values/region', { value: 'eu', color: 'cyan' });
    const names = { value: 'eu', new_value: 'europe' };
    expect(await tags.done('PATCH', '/v1/tag-values/region/rename', names)).toEqual({
      key: 'region',
      value: 'europe',
      color: 'cyan',
      renamed_workflow_count: 1,
    });
    expect(await tags.tagsOf(workflow)).toEqual(['label', 'region:europe']);
    expect(await tags.tagsOf(run)).toEqual(['region:europe']);
    const { events } = await tags.done('GET', `${workflow}/tags/history?key=region`);
    expect(events[0]).toMatchObject({ value: 'europe', source: 'bulk_apply', event_type: 'set' });
    expect(events[1]).toMatchObject({ value: 'eu', superseded_at: events[0].set_at });
    expect((await tags.ask('PATCH', '/v1/tag-values/region/rename', names)).status).toBe(404);
    await tags.workflow({ key: 'region', value: 'us' });
    const collision = { value: 'us', new_value: 'europe' };
    expect((await tags.ask('PATCH', '/v1/tag-values/region/rename', collision)).status).toBe(409);
  });

  it('gives a name to one of two renames that want it at the same time', async () => {
    await tags.workflow({ key: 'swap', value: 'a' });
    await tags.workflow({ key: 'swap', value: 'b' });
    const answers = await Promise.all(
      ['a', 'b'].map((value) =>
        tags.ask('PATCH', '/v1/tag-values/swap/rename', { value, new_value: 'c' }),
      ),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 409]);
  });

  it('forgets a value, and takes it off everything that has it', async () => {
    const workflow = await tags.workflow({ key: 'tier', value: 'gold' });
    const kept = await tags.workflow({ key: 'tier', value: 'iron' });
    const run = await tags.run({ run_metadata: { tier: 'gold' } });
    expect(await tags.done('DELETE', '/v1/tag-values/tier', { value: 'gold' })).toEqual({
      key: 'tier',
      value: 'gold',
      removed_from_workflow_count: 1,
      removed_from_run_count: 1,
      removed_count: 2,
    });
    expect([await tags.tagsOf(workflow), await tags.tagsOf(run)]).toEqual([[], []]);
    expect(await tags.tagsOf(kept)).toEqual(['tier:iron']);
    expect(await tags.done('GET', '/v1/tag-values?key=tier')).toHaveLength(1);
    expect((await tags.ask('DELETE', '/v1/tag-values/tier', { value: 'gold' })).status).toBe(404);
    expect((await tags.apply(workflow, [{ key: 'tier', value: 'gold' }])).status).toBe(200);
  });

  it('forgets a key with all its values', async () => {
    const workflow = await tags.workflow({ key: 'old', value: 'x' }, { key: 'other', value: 'y' });
    const run = await tags.run({ run_metadata: { old: 'z' } });
    expect(await tags.done('DELETE', '/v1/tag-keys/old')).toEqual({
      key: 'old',
      removed_from_workflow_count: 1,
      removed_from_run_count: 1,
      removed_count: 2,
    });
    expect(await tags.tagsOf(workflow)).toEqual(['other:y']);
    expect(await tags.tagsOf(run)).toEqual([]);
    expect(await keyNamed('old')).toBeUndefined();
    expect(await tags.done('GET', '/v1/tag-values?key=old')).toEqual([]);
    expect((await tags.ask('DELETE', '/v1/tag-keys/old')).status).toBe(404);
  });
});
