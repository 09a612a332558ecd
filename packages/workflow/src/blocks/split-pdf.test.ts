import { expect, test } from 'vitest';
import { fakeFiles } from '../testing/capabilities.ts';
import { fakePdf } from '../testing/pdf.ts';
import { runOneBlock } from '../testing/run.ts';

const block = { block_type: 'split_pdf', label: 'split', file_url: 'downloads/all.pdf' };

async function split(prompt: string) {
  const files = fakeFiles();
  files.add('all.pdf', 'x');
  const outcome = await runOneBlock(
    { ...block, prompt },
    { capabilities: { files, pdf: fakePdf({ pages: 5 }) }, parameters: { last: 5 } },
  );
  const texts = (await files.list()).slice(1).map(async (file) => {
    const { bytes } = await files.read(files.path(file), { maxBytes: 100 });
    return [file.filename, new TextDecoder().decode(bytes)];
  });
  return { outcome, made: Object.fromEntries(await Promise.all(texts)) };
}

test('parts are kept as files, in the shape of the reference', async () => {
  const { outcome } = await split('[{"name": "Invoice", "folder": "in", "pages": "1-2"}]');
  const url = 'https://files.test/a_2';
  expect(outcome).toMatchObject({ status: 'completed' });
  expect(outcome.output).toEqual({
    documents: [
      {
        name: 'Invoice',
        folder: 'in',
        page_range: [1, 2],
        page_count: 2,
        file_path: 'downloads/Invoice.pdf',
        file_name: 'Invoice.pdf',
        file_size: 3,
        artifact_id: 'a_2',
        artifact_uri: url,
        artifact_url: url,
      },
    ],
    document_count: 1,
    skipped: [],
    source_page_count: 5,
    downloaded_files: [expect.objectContaining({ filename: 'Invoice.pdf' })],
    downloaded_file_urls: [url],
    downloaded_file_artifact_ids: ['a_2'],
  });
});

test.each([
  ['1-2, 3, 4-{{ last }}', { 'all_1-2.pdf': '1,2', 'all_3.pdf': '3', 'all_4-5.pdf': '4,5' }],
  ['2-', { 'all_2-.pdf': '2,3,4,5' }],
  ['1 – 2;\n3', { 'all_1-2.pdf': '1,2', 'all_3.pdf': '3' }],
  ['["1-2", 3]', { 'all_1-2.pdf': '1,2', 'all_3.pdf': '3' }],
  ['{"documents": [{"page_range": [2, 4]}]}', { 'all_2-4.pdf': '2,3,4' }],
  ['[{"name": "a/../b.pdf", "pages": [1, "3-4"]}]', { 'a_.._b.pdf': '1,3,4' }],
])('%j is a plan', async (prompt, expected) => {
  const { outcome, made } = await split(prompt);
  expect(outcome.failureReason).toBeNull();
  expect(made).toEqual(expected);
});

test('parts that are not there are skipped with their reason', async () => {
  const { outcome } = await split('1, 7-8');
  expect(outcome).toMatchObject({
    status: 'completed',
    output: {
      document_count: 1,
      skipped: [{ name: null, pages: '7-8', reason: 'the document has 5 pages' }],
    },
  });
});

test('a plan of which nothing is there fails', async () => {
  const { outcome } = await split('7, 8');
  expect(outcome).toMatchObject({ status: 'failed', output: { documents: [] } });
  expect(outcome.failureReason).toMatch(/has 5 pages, and no part of the plan is among them/);
});

test.each([
  ['Split by document type', /names no pages/],
  ['', /no list of pages/],
  ['[]', /no list of pages/],
  ['[{"name": "Invoice"}]', /names no pages/],
  ['0-3', /names no pages/],
  ['3-1', /names no pages/],
  [Array.from({ length: 1001 }, () => 1).join(','), /more than 1000 documents/],
])('%j leaves it to a model', async (prompt, reason) => {
  const { outcome } = await split(prompt);
  expect(outcome).toMatchObject({ status: 'failed', output: null });
  expect(outcome.failureReason).toMatch(reason);
  expect(outcome.failureReason).toMatch(/comes with the agent/);
});
