import { describe, expect, it } from 'vitest';
import { planChanges } from './changes.ts';

const set = (eventId: number, key: string | null, value: string) => ({
  eventId,
  key,
  value,
  eventType: 'set',
});
const deleted = (eventId: number, key: string | null, value: string) => ({
  ...set(eventId, key, value),
  eventType: 'delete',
});
const plan = (
  open: ReturnType<typeof set>[],
  tags: { key?: string | null; value: string }[],
  tags_to_delete: { key?: string | null; value?: string | null }[] = [],
) => planChanges(open, { tags, tags_to_delete });

describe('setting', () => {
  it('adds what is new and leaves alone what stands', () => {
    expect(
      plan([set(1, 'env', 'prod')], [{ key: 'env', value: 'prod' }, { value: 'urgent' }]),
    ).toEqual([{ key: null, value: 'urgent', eventType: 'set', supersedes: null }]);
  });

  it('gives a key another value', () => {
    expect(plan([set(1, 'env', 'prod')], [{ key: 'env', value: 'test' }])).toEqual([
      { key: 'env', value: 'test', eventType: 'set', supersedes: 1 },
    ]);
  });

  it('follows the deletion of the same tag', () => {
    expect(plan([deleted(1, null, 'urgent')], [{ value: 'urgent' }])).toEqual([
      { key: null, value: 'urgent', eventType: 'set', supersedes: 1 },
    ]);
  });

  it('takes the same tag twice, but not a key with two values', () => {
    const twice = [
      { key: 'a', value: '1' },
      { key: 'a', value: '1' },
    ];
    expect(plan([], twice)).toHaveLength(1);
    expect(() => plan([], [...twice, { key: 'a', value: '2' }])).toThrow(/a key has one value/);
  });

  it('tells a key from a label of the same text', () => {
    expect(plan([set(1, 'a', 'b')], [{ value: 'a' }, { value: 'b' }])).toHaveLength(2);
  });
});

describe('deleting', () => {
  it('takes a key whatever its value, a key with this value only, and a label', () => {
    const open = [set(1, 'a', '1'), set(2, 'b', '2'), set(3, 'c', '3'), set(4, null, 'd')];
    const gone = plan(
      open,
      [],
      [{ key: 'a' }, { key: 'b', value: 'other' }, { key: 'c', value: '3' }, { value: 'd' }],
    );
    expect(gone.map(({ supersedes }) => supersedes)).toEqual([1, 3, 4]);
    expect(new Set(gone.map(({ eventType }) => eventType))).toEqual(new Set(['delete']));
  });

  it('of what is not there, or not there any more, changes nothing', () => {
    expect(plan([deleted(1, 'a', '1')], [], [{ key: 'a' }, { value: 'b' }])).toEqual([]);
  });

  it('gives way to a set of the same tag', () => {
    expect(plan([set(1, 'a', '1')], [{ key: 'a', value: '1' }], [{ key: 'a' }])).toEqual([]);
  });
});

describe('the limit of 20 tags', () => {
  const many = Array.from({ length: 20 }, (_, index) => set(index, null, `t${index}`));

  it('counts what would stand', () => {
    expect(() => plan(many, [{ value: 'more' }])).toThrow(/21 tags would stand/);
    expect(plan(many, [{ value: 'more' }], [{ value: 't0' }])).toHaveLength(2);
    expect(plan([...many, deleted(30, null, 'old')], [])).toEqual([]);
  });
});
