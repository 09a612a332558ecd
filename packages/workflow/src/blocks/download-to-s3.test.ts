import { expect, test } from 'vitest';
import { BlockFailure } from '../errors.ts';
import { mayRepeat } from '../interpreter/interruption.ts';
import { fakeFiles } from '../testing/capabilities.ts';
import { storedBlock } from '../testing/definitions.ts';
import { runOneBlock } from '../testing/run.ts';
import { fakeTargets } from '../testing/targets.ts';

const block = { block_type: 'download_to_s3', label: 'keep' };

function pricesAt() {
  const files = fakeFiles();
  files.add('prices.csv', 'a;1');
  return files;
}

test.each(['https://files.test/a_1', 'https://files.test/{{ id }}', 'source'])(
  'the file at %s goes into the bucket of the server, without its name',
  async (url) => {
    const targets = fakeTargets();
    const outcome = await runOneBlock(
      { ...block, url },
      {
        capabilities: { files: pricesAt(), targets },
        parameters: { id: 'a_1', source: 'https://files.test/a_1' },
      },
    );
    expect(outcome).toMatchObject({
      status: 'completed',
      output: 'platform://wr_1/wr_1/keep/download',
    });
    expect(targets.sent).toMatchObject([
      {
        target: { kind: 'platform' },
        folder: 'wr_1',
        upload: { name: null, source: { kind: 'content', content: { filename: 'prices.csv' } } },
      },
    ]);
  },
);

test('no more than 10 MB are fetched', async () => {
  const asked: number[] = [];
  const files = {
    ...fakeFiles(),
    async read(_: string, { maxBytes }: { readonly maxBytes: number }): Promise<never> {
      asked.push(maxBytes);
      throw new BlockFailure('The file is larger than 10 MB');
    },
  };
  const outcome = await runOneBlock(
    { ...block, url: 'https://x.test/' },
    { capabilities: { files } },
  );
  expect(outcome).toMatchObject({
    status: 'failed',
    failureReason: 'The file is larger than 10 MB',
    output: null,
  });
  expect(asked).toEqual([10 * 1024 * 1024]);
});

test('an address that is empty fails', async () => {
  const outcome = await runOneBlock({ ...block, url: '{{ nothing }}' });
  expect(outcome).toMatchObject({
    status: 'failed',
    failureReason: 'DownloadToS3Block url is required',
    output: null,
  });
});

test('it may be repeated after an interruption', () => {
  expect(mayRepeat(storedBlock({ ...block, url: 'https://x.test/' }))).toBe(true);
});
