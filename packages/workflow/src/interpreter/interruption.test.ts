import { expect, it } from 'vitest';
import { storedBlock } from '../testing/index.ts';
import { mayRepeat } from './interruption.ts';

const post = { block_type: 'http_request', label: 'a', url: 'x', method: 'POST' };

it('repeats what only reads or opens pages, never what may act outside twice', () => {
  expect(mayRepeat(storedBlock({ block_type: 'wait', label: 'a', wait_sec: 5 }))).toBe(true);
  expect(mayRepeat(storedBlock({ block_type: 'goto_url', label: 'a', url: 'x' }))).toBe(true);
  expect(mayRepeat(storedBlock({ ...post, method: 'GET' }))).toBe(true);
  expect(mayRepeat(storedBlock(post))).toBe(false);
});

it('repeats code that has nothing to do with the page, not code that may have clicked there', () => {
  const code = (text: string) => storedBlock({ block_type: 'code', label: 'a', code: text });
  expect(mayRepeat(code('return 1'))).toBe(true);
  expect(mayRepeat(code('await page.click("#order")'))).toBe(false);
});

it('repeats what the workflow allows to be repeated', () => {
  expect(mayRepeat(storedBlock({ ...post, retry_on_interruption: true }))).toBe(true);
  expect(mayRepeat(storedBlock({ ...post, retry_on_interruption: false }))).toBe(false);
});

it('does not repeat a block of a type that it does not know', () => {
  expect(mayRepeat(storedBlock({ block_type: 'from_the_future', label: 'a' }))).toBe(false);
});
