import { expect, test } from 'vitest';
import { BlockFailure } from '../errors.ts';
import { fakeBrowser, fakeFiles } from '../testing/capabilities.ts';
import { runBlocks, runOneBlock } from '../testing/run.ts';

const open = { block_type: 'goto_url', label: 'open' };

test('the output is a TaskOutput with exactly the keys of the reference', async () => {
  const outcome = await runOneBlock({ ...open, url: 'https://example.com' });
  expect(outcome).toEqual({
    status: 'completed',
    failureReason: null,
    errors: [],
    details: { task_id: 'tsk_1', url: 'https://example.com', final_url: 'https://example.com' },
    output: {
      task_id: 'tsk_1',
      status: 'completed',
      extracted_information: null,
      failure_reason: null,
      errors: [],
      failure_category: null,
      downloaded_files: [],
      downloaded_file_urls: null,
      downloaded_file_artifact_ids: null,
      task_screenshots: null,
      workflow_screenshots: null,
      task_screenshot_artifact_ids: ['a_shot_1'],
      workflow_screenshot_artifact_ids: ['a_shot_1'],
    },
  });
});

test.each([
  ['example.com/a', 'https://example.com/a'],
  ['localhost:8080/x', 'https://localhost:8080/x'],
  ['http://example.com', 'http://example.com'],
  ['{{ host }}/login', 'https://portal.test/login'],
  ['start', 'https://start.test/'],
])('%s opens %s', async (url, opened) => {
  const outcome = await runOneBlock(
    { ...open, url },
    { parameters: { host: 'portal.test', start: 'https://start.test/' } },
  );
  expect(outcome.details.url).toBe(opened);
});

test.each(['javascript:alert(1)', 'file:///etc/passwd', 'http://', '   '])(
  '%j is refused as no web address',
  async (url) => {
    const outcome = await runOneBlock({ ...open, url });
    expect(outcome.status).toBe('failed');
    expect(outcome.failureReason).toMatch(/^Failed to navigate to url .*no http or https address/);
    expect(outcome.output).toBeNull();
  },
);

test('a failed navigation fails the block with the text of the browser and takes a screenshot', async () => {
  let shots = 0;
  const browser = fakeBrowser({
    async goto() {
      throw new BlockFailure('Failed to navigate to url https://gone.test/: ERR_NAME_NOT_RESOLVED');
    },
    async screenshot() {
      shots += 1;
      return 'a_1';
    },
  });
  const { result } = await runBlocks([{ ...open, url: 'https://gone.test/' }], {
    capabilities: { browser },
  });
  expect(result.failureReason).toBe(
    'goto_url block failed. failure reason: Failed to navigate to url https://gone.test/: ERR_NAME_NOT_RESOLVED',
  );
  expect(result.output).toEqual({ open_output: null, extracted_information: [] });
  expect(shots).toBe(1);
});

test('a template that cannot be rendered is recorded with its reason', async () => {
  const outcome = await runOneBlock({ ...open, url: '{{ missing.field }}' });
  expect(outcome.failureReason).toMatch(/^Failed to format jinja template: /);
  expect(outcome.output).toEqual({ failure_reason: outcome.failureReason });
});

test('only files that are new since the block began are its downloads', async () => {
  const files = fakeFiles();
  const browser = fakeBrowser({
    async goto(url) {
      files.add(url.endsWith('first') ? 'one.pdf' : 'two.pdf');
      return { url, status: 200 };
    },
  });
  const { journal } = await runBlocks(
    [
      { ...open, url: 'https://x.test/first' },
      { ...open, label: 'again', url: 'https://x.test/second' },
    ],
    { capabilities: { files, browser } },
  );
  expect(journal.outcome('open')?.output).toMatchObject({
    downloaded_file_urls: ['https://files.test/a_1'],
  });
  expect(journal.outcome('again')?.output).toMatchObject({
    downloaded_files: [{ filename: 'two.pdf' }],
    downloaded_file_artifact_ids: ['a_2'],
  });
  expect(journal.outcome('again')?.details.downloaded_file_count).toBe(1);
});

test('outputs name the last three screenshots of the run, newest first', async () => {
  const labels = ['a', 'b', 'c', 'd'];
  const { journal } = await runBlocks(
    labels.map((label) => ({ ...open, label, url: 'https://x.test' })),
  );
  expect(journal.outcome('d')?.output).toMatchObject({
    task_screenshot_artifact_ids: ['a_shot_4'],
    workflow_screenshot_artifact_ids: ['a_shot_4', 'a_shot_3', 'a_shot_2'],
  });
});
