import { expect, it } from 'vitest';
import { storedBlock } from '../testing/index.ts';
import { mayRepeat, worksInBrowser } from './interruption.ts';

it('repeats what only reads or acts on the page, never what may act outside twice', () => {
  expect(mayRepeat(storedBlock({ block_type: 'wait', label: 'a', wait_sec: 5 }))).toBe(true);
  expect(mayRepeat(storedBlock({ block_type: 'http_request', label: 'a', url: 'x' }))).toBe(true);
  expect(
    mayRepeat(storedBlock({ block_type: 'http_request', label: 'a', url: 'x', method: 'POST' })),
  ).toBe(false);
});

it('knows code that has nothing to do with the page', () => {
  expect(worksInBrowser(storedBlock({ block_type: 'code', label: 'a', code: 'return 1' }))).toBe(
    false,
  );
  expect(
    worksInBrowser(storedBlock({ block_type: 'code', label: 'a', code: 'await page.title()' })),
  ).toBe(true);
  expect(worksInBrowser(storedBlock({ block_type: 'goto_url', label: 'a', url: 'x' }))).toBe(true);
  expect(worksInBrowser(storedBlock({ block_type: 'wait', label: 'a', wait_sec: 5 }))).toBe(false);
});
