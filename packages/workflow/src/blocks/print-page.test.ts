import { expect, test } from 'vitest';
import { runBlocks } from '../testing/run.ts';

const open = { block_type: 'goto_url', label: 'open', url: 'https://x.test' };

async function print(fields: Record<string, unknown>) {
  const { journal } = await runBlocks([
    open,
    { block_type: 'print_page', label: 'print', ...fields },
  ]);
  return journal.outcome('print');
}

test('the page is kept as a PDF named by the time', async () => {
  const file = {
    url: 'https://files.test/a_1',
    checksum: 'sum-1',
    filename: 'page_20250102_030405.pdf',
    file_size: 5,
    modified_at: '2025-01-02T03:04:05',
    artifact_id: 'a_1',
  };
  expect(await print({})).toMatchObject({
    status: 'completed',
    output: {
      filename: 'page_20250102_030405.pdf',
      file_path: 'downloads/page_20250102_030405.pdf',
      size_bytes: 5,
      artifact_uri: file.url,
      artifact_url: file.url,
      downloaded_files: [file],
      downloaded_file_urls: [file.url],
      downloaded_file_artifact_ids: ['a_1'],
    },
  });
});

test.each([
  ['Order {{ open_output.status }}', 'Order completed.pdf'],
  ['../../etc/passwd', 'etc_passwd.pdf'],
  ['bill.PDF', 'bill.pdf'],
  ['...', 'page_20250102_030405.pdf'],
])('the file name %j becomes %j', async (custom_filename, filename) => {
  const outcome = await print({ custom_filename });
  expect(outcome?.output).toMatchObject({ filename });
});

test('without a page it fails and records nothing', async () => {
  const { result } = await runBlocks([{ block_type: 'print_page', label: 'print' }]);
  expect(result).toMatchObject({
    status: 'failed',
    failureReason:
      'print_page block failed. failure reason: Failed to generate PDF: No browser state available',
    output: null,
  });
});
