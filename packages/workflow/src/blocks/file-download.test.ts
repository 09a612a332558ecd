import { expect, test } from 'vitest';
import { runOneBlock } from '../testing/run.ts';
import { expectNeedsAgent } from './task/testing/needs-agent.ts';

const download = {
  block_type: 'file_download',
  label: 'get_bill',
  navigation_goal: 'Download the bill.',
};
const drive = {
  ...download,
  download_target: 'google_drive',
  google_credential_id: 'goac_1',
};

test('needs the agent and does not open its url before', async () => {
  await expectNeedsAgent({ ...download, url: 'https://shop.test/bills' });
});

test('names the fields that its target needs', async () => {
  const outcome = await runOneBlock({ ...download, download_target: 's3', s3_bucket: 'bills' });
  expect(outcome).toMatchObject({
    status: 'failed',
    failureReason:
      'Required block values are missing in the FileDownloadBlock (label: get_bill): aws_access_key_id, aws_secret_access_key',
    output: null,
  });
});

test.each([
  'https://drive.google.com/file/d/1AbC/view',
  'https://drive.google.com/open?id=1AbC',
  'https://drive.google.com/uc?export=download&id=1AbC',
  'link',
])('says that it cannot read %s from Google Drive', async (url) => {
  const outcome = await runOneBlock(
    { ...drive, url },
    {
      parameters: { link: 'https://drive.google.com/file/d/1AbC/view' },
    },
  );
  expect(outcome.failureReason).toMatch(/^Failed to download file from Google Drive: /);
  expect(outcome.output).toBeNull();
});

test.each([
  'https://docs.google.com/document/d/1AbC/edit',
  'https://drive.google.com/drive/folders/1AbC',
  'https://shop.test/file/d/1AbC',
  '',
])('leaves %j to the agent', async (url) => {
  await expectNeedsAgent({ ...drive, url });
});
