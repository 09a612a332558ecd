import { expect, it } from 'vitest';
import { globPattern } from './wait-for-url.ts';

it.each([
  ['**/other?*', 'http://h/other?x=1', true],
  ['http://h/*', 'http://h/a/b', false],
  ['http://h/**', 'http://h/a/b', true],
  ['**/{orders,items}', 'http://h/items', true],
  ['**/{orders,items}', 'http://h/orders,items', false],
  ['http://h/a,b', 'http://h/a,b', true],
  ['http://h.x/(1)', 'http://h.x/(1)', true],
  ['http://h.x/', 'http://hax/', false],
  ['**/{open', 'http://h/open', true],
])('the glob %s against %s is %s', (glob, url, expected) => {
  expect(globPattern(glob).test(url)).toBe(expected);
});
