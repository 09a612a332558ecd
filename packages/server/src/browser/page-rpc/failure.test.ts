import { expect, it } from 'vitest';
import { userFailure } from './failure.ts';

it('keeps of a call log only what was waited for', () => {
  const error = new Error(
    'locator.click: Timeout 5ms exceeded.\nCall log:\n\u001b[2m  - waiting for locator("#a")\u001b[22m\n  - retrying',
  );
  error.name = 'TimeoutError';
  const failure = userFailure(error);
  expect(failure.name).toBe('TimeoutError');
  expect(failure.message).toBe('locator.click: Timeout 5ms exceeded. (waiting for locator("#a"))');
});

it('hides classes that mean nothing to user code, and bounds the text', () => {
  const error = new Error('x'.repeat(5000));
  error.name = 'LapwingError';
  const failure = userFailure(error);
  expect(failure.name).toBe('Error');
  expect(failure.message).toHaveLength(2000);
});
