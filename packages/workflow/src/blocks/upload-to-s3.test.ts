import { expect, test } from 'vitest';
import { BlockFailure } from '../errors.ts';
import { mayRepeat } from '../interpreter/interruption.ts';
import { fakeFiles } from '../testing/capabilities.ts';
import { storedBlock } from '../testing/definitions.ts';
import { runOneBlock } from '../testing/run.ts';
import { fakeTargets } from '../testing/targets.ts';

const block = { block_type: 'upload_to_s3', label: 'keep' };

async function upload(path: string | null, parameters: Record<string, string> = {}) {
  const files = fakeFiles();
  files.add('a.csv', 'a');
  files.add('b.csv', 'b');
  const targets = fakeTargets();
  const outcome = await runOneBlock(
    { ...block, path },
    { capabilities: { files, targets }, parameters },
  );
  return { outcome, sent: targets.sent };
}

test.each(['SKYVERN_DOWNLOAD_DIRECTORY', 'downloads', 'downloads/', '{{ where }}', 'where'])(
  '%s stands for every file of the run',
  async (path) => {
    const { outcome, sent } = await upload(path, { where: 'SKYVERN_DOWNLOAD_DIRECTORY' });
    expect(outcome).toMatchObject({
      status: 'completed',
      output: ['platform://wr_1/a.csv', 'platform://wr_1/b.csv'],
    });
    expect(sent).toMatchObject([
      { target: { kind: 'platform' }, folder: 'wr_1', upload: { source: { kind: 'file' } } },
      { target: { kind: 'platform' }, folder: 'wr_1', upload: { source: { kind: 'file' } } },
    ]);
  },
);

test.each(['downloads/b.csv', 'downloads/{{ name }}.csv', 'file'])(
  '%s names one file',
  async (path) => {
    const { outcome } = await upload(path, { name: 'b', file: 'downloads/b.csv' });
    expect(outcome.output).toEqual(['platform://wr_1/b.csv']);
  },
);

test('an address is fetched and sent', async () => {
  const { outcome, sent } = await upload('https://files.test/a_2');
  expect(outcome.output).toEqual(['platform://wr_1/b.csv']);
  expect(sent[0]?.upload.source).toMatchObject({ kind: 'content', content: { filename: 'b.csv' } });
});

test.each([
  [null, /^UploadToS3Block path is required$/],
  ['', /^UploadToS3Block path is required$/],
  ['{{ nothing }}', /^UploadToS3Block path is required$/],
  ['/etc/passwd', /^No permission to access local file: \/etc\/passwd/],
])('the path %j fails', async (path, reason) => {
  const { outcome, sent } = await upload(path);
  expect(outcome).toMatchObject({
    status: 'failed',
    failureReason: expect.stringMatching(reason),
    output: null,
  });
  expect(sent).toEqual([]);
});

test('a run without files has nothing to send', async () => {
  const outcome = await runOneBlock({ ...block, path: 'SKYVERN_DOWNLOAD_DIRECTORY' });
  expect(outcome).toMatchObject({ status: 'completed', output: [] });
});

test('a server without a bucket says so', async () => {
  const files = fakeFiles();
  files.add('a.csv');
  const targets = fakeTargets(async () => {
    throw new BlockFailure('This server has no bucket of its own');
  });
  const outcome = await runOneBlock(
    { ...block, path: 'downloads' },
    { capabilities: { files, targets } },
  );
  expect(outcome).toMatchObject({
    status: 'failed',
    failureReason: 'This server has no bucket of its own',
  });
});

test('it may be repeated after an interruption, under the same identities', async () => {
  const first = await upload('downloads');
  const second = await upload('downloads');
  expect(second.sent.map((one) => one.upload.identity)).toEqual(
    first.sent.map((one) => one.upload.identity),
  );
  expect(mayRepeat(storedBlock({ ...block, path: 'downloads' }))).toBe(true);
});
