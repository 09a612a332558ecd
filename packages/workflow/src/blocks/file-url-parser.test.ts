import { expect, test } from 'vitest';
import { fakeFiles, fakeHttp, jsonAnswer } from '../testing/capabilities.ts';
import { runBlocks, runOneBlock } from '../testing/run.ts';

const block = { block_type: 'file_url_parser', label: 'parse' };

function someFiles() {
  const files = fakeFiles();
  files.add('rows.json', '[{"a": 1}]');
  files.add('broken.json', '{');
  files.add('data.bin', 'x');
  files.add('notes.txt', 'hello');
  return files;
}

test.each([
  ['its address', 'https://files.test/a_1'],
  ['its path', 'downloads/rows.json'],
  ['the key of a parameter', 'source'],
  ['a template', 'downloads/{{ name }}.json'],
  ['an entry of downloaded_files', '{{ file }}'],
  ['a whole output', '{{ report }}'],
  ['a whole output by its key', 'report'],
])('a file is named by %s', async (_, file_url) => {
  const url = 'https://files.test/a_1';
  const outcome = await runOneBlock(
    { ...block, file_url },
    {
      capabilities: { files: someFiles() },
      parameters: {
        source: url,
        name: 'rows',
        file: { url, filename: 'rows.json', checksum: null },
        report: { downloaded_files: [{ url }], file_path: 'downloads/other.json' },
      },
    },
  );
  expect(outcome).toMatchObject({ status: 'completed', output: [{ a: 1 }] });
});

test('the output of an earlier block is taken by its key', async () => {
  const { journal } = await runBlocks(
    [
      {
        block_type: 'http_request',
        label: 'fetch',
        url: 'https://x.test/list.json',
        save_response_as_file: true,
        download_filename: 'list.json',
      },
      { ...block, file_url: 'fetch_output' },
    ],
    { capabilities: { http: fakeHttp(() => jsonAnswer(200, [1, 2])), files: fakeFiles() } },
  );
  expect(journal.outcome('parse')?.output).toEqual([1, 2]);
});

test('a text that was called CSV is read as CSV', async () => {
  const read: string[] = [];
  const outcome = await runOneBlock(
    { ...block, file_url: 'downloads/notes.txt', file_type: 'csv' },
    {
      capabilities: {
        files: someFiles(),
        documents: {
          detect: () => 'text',
          async parse(_, type) {
            read.push(type);
            return [];
          },
        },
      },
    },
  );
  expect(outcome.status).toBe('completed');
  expect(read).toEqual(['csv']);
});

test.each([
  [{ file_url: 'downloads/no.csv' }, /^Failed to download or validate file: /],
  [{ file_url: '{{ {"a": 1} }}' }, /^Failed to download or validate file: .*names no file/],
  [{ file_url: 'downloads/broken.json' }, /^Failed to parse json file: it is no JSON$/],
  [{ file_url: 'downloads/data.bin' }, /^Unsupported file type: data\.bin/],
  [{ file_url: 'x', file_type: 'image' }, /^Failed to extract data with AI: .*agent/],
  [{ file_url: 'x', json_schema: { type: 'object' } }, /^Failed to extract data with AI: .*agent/],
  [{ file_url: '{{ missing.field }}' }, /^Failed to format jinja template: /],
])('%j fails in the shape of the reference', async (fields, reason) => {
  const files = someFiles();
  const outcome = await runOneBlock({ ...block, ...fields }, { capabilities: { files } });
  expect(outcome.status).toBe('failed');
  expect(outcome.failureReason).toMatch(reason);
  const error = {
    error_code: 'FILE_PARSER_ERROR',
    reasoning: outcome.failureReason,
    confidence_float: 1,
  };
  expect(outcome.errors).toEqual([error]);
  expect(outcome.output).toEqual({
    status: 'failed',
    failure_reason: outcome.failureReason,
    errors: [error],
  });
});
