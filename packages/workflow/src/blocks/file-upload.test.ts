import { expect, test } from 'vitest';
import { BlockFailure } from '../errors.ts';
import { mayRepeat } from '../interpreter/interruption.ts';
import { fakeFiles, fakeHttp, jsonAnswer } from '../testing/capabilities.ts';
import { storedBlock } from '../testing/definitions.ts';
import { runBlocks, runOneBlock } from '../testing/run.ts';
import { fakeTargets } from '../testing/targets.ts';

const block = { block_type: 'file_upload', label: 'send' };
const s3 = {
  s3_bucket: 'invoices',
  aws_access_key_id: 'AKIA1',
  aws_secret_access_key: 'hush-hush',
};
const azure = {
  storage_type: 'azure',
  azure_storage_account_name: 'acme',
  azure_storage_account_key: 'a2V5',
  azure_blob_container_name: 'bills',
};
const drive = { storage_type: 'google_drive', google_credential_id: 'cred_1' };
const sftp = { storage_type: 'sftp', sftp_host: 'files.test', sftp_username: 'ann' };

function twoFiles() {
  const files = fakeFiles();
  files.add('a.csv', 'a');
  files.add('b.csv', 'b');
  return files;
}

async function upload(fields: object, parameters: Record<string, string> = {}) {
  const targets = fakeTargets();
  const capabilities = { files: twoFiles(), targets };
  const outcome = await runOneBlock({ ...block, ...fields }, { capabilities, parameters });
  return { outcome, sent: targets.sent };
}

test('every file of the run is sent, and the output says where each is', async () => {
  const { outcome, sent } = await upload(s3);
  expect(outcome).toMatchObject({
    status: 'completed',
    output: ['s3://wr_1/a.csv', 's3://wr_1/b.csv'],
  });
  expect(sent.map(({ upload: { name, source } }) => [name, source.kind])).toEqual([
    ['a.csv', 'file'],
    ['b.csv', 'file'],
  ]);
});

test.each([
  [
    { ...s3, region_name: ' eu-west-1 ', path: '{{ customer }}/may' },
    {
      kind: 's3',
      bucket: 'invoices',
      accessKeyId: 'AKIA1',
      secretAccessKey: 'hush-hush',
      region: 'eu-west-1',
    },
    'ACME/may',
  ],
  [
    { ...azure, path: 'customer' },
    { kind: 'azure', account: 'acme', accountKey: 'a2V5', container: 'bills' },
    'ACME',
  ],
  [{ ...azure, azure_folder_path: 'in/{{ customer }}' }, { kind: 'azure' }, 'in/ACME'],
  [azure, { kind: 'azure' }, 'wr_1'],
  [
    { ...drive, google_drive_folder_id: '{{ customer }}' },
    { kind: 'google_drive', credentialId: 'cred_1', folderId: 'ACME' },
    '',
  ],
  [{ ...drive, google_credential_id: 'customer' }, { credentialId: 'ACME', folderId: null }, ''],
  [
    {
      ...sftp,
      sftp_port: 2222,
      sftp_password: ' as it is ',
      sftp_remote_path: '/in',
      path: 'may',
      sftp_host_key: 'SHA256:abc',
    },
    {
      kind: 'sftp',
      host: 'files.test',
      port: 2222,
      username: 'ann',
      password: ' as it is ',
      privateKey: null,
      passphrase: null,
      hostKey: 'SHA256:abc',
    },
    '/in/may',
  ],
  [
    { ...sftp, sftp_private_key: 'KEY', sftp_private_key_passphrase: 'word' },
    { port: 22, password: null, privateKey: 'KEY', passphrase: 'word', hostKey: null },
    '',
  ],
])('%j is sent to the target and the folder that it describes', async (fields, target, folder) => {
  const { outcome, sent } = await upload(fields, { customer: 'ACME' });
  expect(outcome.status).toBe('completed');
  expect(sent[0]).toMatchObject({ target, folder });
});

test.each([
  [{}, 's3_bucket, aws_access_key_id, aws_secret_access_key'],
  [{ ...s3, s3_bucket: '{{ nothing }}' }, 's3_bucket'],
  [{ ...azure, azure_storage_account_key: '' }, 'azure_storage_account_key'],
  [{ storage_type: 'google_drive' }, 'google_credential_id'],
  [{ ...sftp, sftp_host: ' ' }, 'sftp_host, sftp_password or sftp_private_key'],
])('%j lacks what its storage needs', async (fields, missing) => {
  const { outcome, sent } = await upload(fields);
  expect(outcome).toMatchObject({
    status: 'failed',
    failureReason: `Required block values are missing in the FileUploadBlock (label: send): ${missing}`,
    output: null,
  });
  expect(sent).toEqual([]);
});

test('a run without files has nothing to send, and completes', async () => {
  const targets = fakeTargets();
  const capabilities = { files: fakeFiles(), targets };
  const outcome = await runOneBlock({ ...block, ...s3 }, { capabilities });
  expect(outcome).toMatchObject({ status: 'completed', output: [] });
  expect(targets.sent).toEqual([]);
});

test('more than 300 files are not sent', async () => {
  const files = fakeFiles();
  for (let count = 1; count <= 300; count += 1) files.add(`${count}.txt`);
  const run = () => runOneBlock({ ...block, ...s3 }, { capabilities: { files } });
  expect((await run()).output).toHaveLength(300);
  files.add('one-more.txt');
  expect(await run()).toMatchObject({
    status: 'failed',
    failureReason: expect.stringMatching(/^Too many files in the run download directory: 301\./),
  });
});

test('a prompt needs a model', async () => {
  const { outcome, sent } = await upload({ ...s3, prompt: 'only the bills' });
  expect(outcome).toMatchObject({
    status: 'failed',
    failureReason: expect.stringMatching(/needs a model, which comes with the agent/),
  });
  expect(sent).toEqual([]);
});

test.each([
  [s3, 'S3', 'hush-hush'],
  [azure, 'Azure Blob Storage', 'a2V5'],
  [{ ...sftp, sftp_password: 'hush' }, 'SFTP', 'hush'],
  [{ ...sftp, sftp_private_key: 'BEGIN-KEY', sftp_private_key_passphrase: 'pw1' }, 'SFTP', 'pw1'],
])('a failure names the storage and hides what %j logs in with', async (fields, name, secret) => {
  const targets = fakeTargets(async () => {
    throw new BlockFailure(`it said: ${secret} is wrong`);
  });
  const capabilities = { files: twoFiles(), targets };
  const outcome = await runOneBlock({ ...block, ...fields }, { capabilities });
  expect(outcome).toMatchObject({
    status: 'failed',
    failureReason: `Failed to upload file to ${name}: it said: ***** is wrong`,
    output: null,
  });
});

test('a secret of an earlier answer takes the place of its token', async () => {
  const targets = fakeTargets();
  const login = {
    block_type: 'http_request',
    label: 'login',
    url: 'https://vault.test/',
    secret_response_paths: ['key'],
  };
  const http = fakeHttp(() => jsonAnswer(200, { key: 'real-key' }));
  const key = '{{ login_output.body.key }}';
  const { journal } = await runBlocks([login, { ...block, ...s3, aws_secret_access_key: key }], {
    capabilities: { files: twoFiles(), targets, http },
  });
  expect(journal.outcome('send')?.status).toBe('completed');
  expect(targets.sent[0]?.target).toMatchObject({ secretAccessKey: 'real-key' });
  expect(JSON.stringify(journal.events)).not.toContain('real-key');
});

test('what is sent again after an interruption has the same identity, and may be', async () => {
  const first = await upload(s3);
  const second = await upload(s3);
  const identities = first.sent.map((one) => one.upload.identity);
  expect(new Set(identities).size).toBe(2);
  expect(second.sent.map((one) => one.upload.identity)).toEqual(identities);
  expect(mayRepeat(storedBlock({ ...block, ...s3 }))).toBe(true);
});

test('in a loop each iteration sends under identities of its own', async () => {
  const targets = fakeTargets();
  const loop = {
    block_type: 'for_loop',
    label: 'each',
    loop_variable_reference: '[1, 2]',
    loop_blocks: [{ ...block, ...s3 }],
  };
  await runBlocks([loop], { capabilities: { files: twoFiles(), targets } });
  expect(new Set(targets.sent.map((one) => one.upload.identity)).size).toBe(4);
});
