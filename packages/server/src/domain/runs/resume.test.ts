import type { StoredDefinition } from '@lapwing/workflow';
import { expect, it } from 'vitest';
import { resumeVerdict } from './resume.ts';

const block = (label: string, blockType: string, status: string) => ({
  blockId: `wrb_${label}`,
  label,
  blockType,
  status,
});
const definition = {
  blocks: [
    { block_type: 'http_request', label: 'pay', method: 'POST', url: 'https://a.test' },
    {
      block_type: 'for_loop',
      label: 'all',
      loop_blocks: [{ block_type: 'http_request', label: 'look', url: '{{ current_value }}' }],
    },
  ],
} as unknown as StoredDefinition;
const resume = { kind: 'resume', doubtful: [] };

it('goes on with a run that only computed', () => {
  const blocks = [block('all', 'for_loop', 'running'), block('w', 'wait', 'running')];
  expect(resumeVerdict(blocks, definition, 'unknown')).toEqual(resume);
});

it('fails an unfinished block that acts outside, and goes on with the run', () => {
  const verdict = resumeVerdict([block('pay', 'http_request', 'running')], definition, 'kept');
  expect(verdict).toEqual({
    kind: 'resume',
    doubtful: [{ blockId: 'wrb_pay', reason: expect.stringContaining('pay (http_request)') }],
  });
});

it('repeats an unfinished request that does no harm, wherever it stands', () => {
  const blocks = [block('all', 'for_loop', 'running'), block('look', 'http_request', 'running')];
  expect(resumeVerdict(blocks, definition, 'unknown')).toEqual(resume);
});

it('goes on behind a finished request', () => {
  const blocks = [block('pay', 'http_request', 'completed')];
  expect(resumeVerdict(blocks, definition, 'unknown')).toEqual(resume);
});

it('fails a run whose browser is gone, and goes on when its state was saved', () => {
  const blocks = [block('open', 'goto_url', 'completed'), block('w', 'wait', 'running')];
  expect(resumeVerdict(blocks, definition, 'gone')).toEqual({
    kind: 'fail',
    reason: expect.stringContaining('open (goto_url)'),
  });
  expect(resumeVerdict(blocks, definition, 'kept')).toEqual(resume);
});

it('goes on behind code that opened no browser, but not with code that may have', () => {
  const done = [block('sum', 'code', 'completed'), block('w', 'wait', 'running')];
  expect(resumeVerdict(done, definition, 'unknown')).toEqual(resume);
  expect(resumeVerdict([block('sum', 'code', 'running')], definition, 'unknown')).toMatchObject({
    kind: 'fail',
    reason: expect.stringContaining('sum (code)'),
  });
});

it('says all that is in doubt when the browser is gone too', () => {
  const blocks = [block('open', 'goto_url', 'completed'), block('pay', 'http_request', 'running')];
  expect(resumeVerdict(blocks, definition, 'gone')).toMatchObject({
    kind: 'fail',
    reason: expect.stringMatching(/pay \(http_request\).*open \(goto_url\)/),
  });
});
