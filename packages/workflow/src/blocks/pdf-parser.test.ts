import { expect, test } from 'vitest';
import { BlockFailure } from '../errors.ts';
import { fakeFiles } from '../testing/capabilities.ts';
import { runOneBlock } from '../testing/run.ts';

const block = { block_type: 'pdf_parser', label: 'parse', file_url: '{{ file }}' };

function someFiles() {
  const files = fakeFiles();
  files.add('report.pdf', 'the text');
  return files;
}

test('the text of a PDF is the output', async () => {
  const outcome = await runOneBlock(block, {
    capabilities: { files: someFiles() },
    parameters: { file: { file_path: 'downloads/report.pdf' } },
  });
  expect(outcome).toMatchObject({ status: 'completed', output: { output: { text: 'the text' } } });
});

test('a schema fails, naming the agent', async () => {
  const outcome = await runOneBlock(
    { ...block, json_schema: { type: 'object' } },
    { capabilities: { files: someFiles() } },
  );
  expect(outcome.status).toBe('failed');
  expect(outcome.failureReason).toMatch(/comes with the agent/);
  expect(outcome.output).toBeUndefined();
});

test('a file that cannot be read fails with its reason', async () => {
  const outcome = await runOneBlock(block, {
    capabilities: {
      files: someFiles(),
      documents: {
        detect: () => 'pdf',
        parse: async () => {
          throw new BlockFailure('the file is protected by a password');
        },
      },
    },
    parameters: { file: 'downloads/report.pdf' },
  });
  expect(outcome.failureReason).toBe('the file is protected by a password');
});
