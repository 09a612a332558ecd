import { expect, it } from 'vitest';
import { resumeVerdict } from './resume.ts';

const block = (label: string, blockType: string, status: string) => ({ label, blockType, status });

it('goes on with a run that only computed', () => {
  const blocks = [block('all', 'for_loop', 'running'), block('w', 'wait', 'running')];
  expect(resumeVerdict(blocks, false)).toEqual({ kind: 'resume' });
});

it('never repeats an unfinished block that acts outside', () => {
  const verdict = resumeVerdict([block('pay', 'http_request', 'running')], true);
  expect(verdict).toMatchObject({
    kind: 'fail',
    reason: expect.stringContaining('pay (http_request)'),
  });
});

it('goes on behind a finished request', () => {
  expect(resumeVerdict([block('pay', 'http_request', 'completed')], false)).toEqual({
    kind: 'resume',
  });
});

it('fails a run whose browser is gone, and goes on when its state was saved', () => {
  const blocks = [block('open', 'goto_url', 'completed')];
  expect(resumeVerdict(blocks, false)).toMatchObject({
    kind: 'fail',
    reason: expect.stringContaining('open'),
  });
  expect(resumeVerdict(blocks, true)).toEqual({ kind: 'resume' });
});
