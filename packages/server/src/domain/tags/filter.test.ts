import { expect, it } from 'vitest';
import { LapwingError } from '../../errors.ts';
import { parseTagFilter } from './filter.ts';

it('reads labels, values and any value, repeated or separated by commas', () => {
  const filter = parseTagFilter(['urgent, env:prod', 'env:test', 'team:*', ' ']);
  expect(filter.labels).toEqual(['urgent']);
  expect([...filter.groups]).toEqual([
    ['env', ['prod', 'test']],
    ['team', 'any'],
  ]);
});

it('takes any value of a key over single ones, whichever stands first', () => {
  expect(parseTagFilter(['env:*,env:prod']).groups.get('env')).toBe('any');
  expect(parseTagFilter(['env:prod,env:*']).groups.get('env')).toBe('any');
});

it('splits at the first colon: a value may hold more of them', () => {
  expect(parseTagFilter(['at:10:30']).groups.get('at')).toEqual(['10:30']);
});

it.each(['env:', ':prod', 'my key:a', '-a:b', `${'k'.repeat(65)}:v`, 'skyvern.a:b'])(
  'refuses the term %j',
  (term) => {
    expect(() => parseTagFilter([term])).toThrow(LapwingError);
  },
);

it('takes 20 distinct terms and refuses 21', () => {
  const terms = (count: number) => Array.from({ length: count }, (_, index) => `t${index}`);
  expect(parseTagFilter([...terms(20), ...terms(20)]).labels).toHaveLength(20);
  expect(() => parseTagFilter([terms(21).join(',')])).toThrow(/21 terms/);
});
