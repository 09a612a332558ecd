import { expect, test } from 'vitest';
import { BlockFailure } from '../errors.ts';
import { fakeFiles } from '../testing/capabilities.ts';
import { fakeMail } from '../testing/mail.ts';
import { type RunOptions, runBlocks, runOneBlock } from '../testing/run.ts';
import { sendEmail } from './send-email.ts';

const block = {
  block_type: 'send_email',
  label: 'mail',
  sender: 'robot@a.co',
  recipients: ['ann@b.co'],
  subject: 'Report',
  body: 'Hello',
};

/** Runs the block and returns its outcome with what was sent. */
async function send(
  fields: Record<string, unknown> = {},
  options: Pick<RunOptions, 'parameters'> & { files?: ReturnType<typeof fakeFiles> } = {},
) {
  const mail = fakeMail();
  const { files = fakeFiles(), ...rest } = options;
  const outcome = await runOneBlock(
    { ...block, ...fields },
    { ...rest, capabilities: { mail, files } },
  );
  return { outcome, sent: mail.sent[0] };
}

test('an e-mail goes through the platform, its subject names the run, its sender gets a copy', async () => {
  const { outcome, sent } = await send(
    { subject: 'For {{ who }}' },
    { parameters: { who: 'Ann' } },
  );
  expect(outcome).toMatchObject({ status: 'completed', output: { success: true } });
  expect(sent).toEqual({
    server: null,
    mail: {
      sender: 'robot@a.co',
      recipients: ['ann@b.co'],
      bcc: ['robot@a.co'],
      subject: 'For Ann - Workflow Run ID: wr_1',
      text: 'Hello',
      attachments: [],
    },
  });
});

test.each([
  ['addresses', ['ann@b.co', ' bob@b.co '], ['ann@b.co', 'bob@b.co']],
  ['names with addresses', ['Ann <ann@b.co>'], ['ann@b.co']],
  ['the key of a parameter that holds a list', ['people'], ['ann@b.co', 'bob@b.co']],
  ['a template of a list', ['{{ people }}'], ['ann@b.co', 'bob@b.co']],
  ['one text with several', ['ann@b.co, bob@b.co; cy@b.co'], ['ann@b.co', 'bob@b.co', 'cy@b.co']],
  ['the same address twice', ['ann@b.co', 'ANN@b.co'], ['ANN@b.co']],
  ['some that are none', ['ann', 'a@b', 'a b@c.co', '@c.co', 'bob@b.co'], ['bob@b.co']],
])('recipients are %s', async (_, recipients, expected) => {
  const { sent } = await send({ recipients }, { parameters: { people: ['ann@b.co', 'bob@b.co'] } });
  expect(sent?.mail.recipients).toEqual(expected);
});

test.each([
  ['no valid recipient', { recipients: ['ann', '{{ nobody }}'] }, /^No valid recipient: ann/],
  ['a sender that is no address', { sender: 'robot' }, /^The sender robot is no e-mail address$/],
  ['an attachment that is not there', { file_attachments: ['downloads/x'] }, /No permission/],
  ['an attachment that names nothing', { file_attachments: ['{{ {} }}'] }, /names no file/],
])('%s fails, and nothing is sent', async (_, fields, reason) => {
  const { outcome, sent } = await send(fields);
  expect(outcome).toMatchObject({
    status: 'failed',
    output: { success: false, error: outcome.failureReason },
  });
  expect(outcome.failureReason).toMatch(reason);
  expect(sent).toBeUndefined();
});

test('a body that is the key of a parameter sends its value', async () => {
  const parameters = { text: 'from far', data: { n: 1 } };
  expect((await send({ body: 'text' }, { parameters })).sent?.mail.text).toBe('from far');
  expect((await send({ body: 'data' }, { parameters })).sent?.mail.text).toBe('{\n  "n": 1\n}');
});

test.each([
  ['SKYVERN_DOWNLOAD_DIRECTORY', ['a.txt', 'b.txt']],
  ['LAPWING_DOWNLOADS', ['a.txt', 'b.txt']],
  ['downloads/', ['a.txt', 'b.txt']],
  ['downloads/b.txt', ['b.txt']],
  ['https://files.test/a_1', ['a.txt']],
  ['{{ one }}', ['a.txt']],
  ['one', ['a.txt']],
  ['several', ['b.txt', 'a.txt']],
  ['', []],
])('the attachment %s takes %j', async (attachment, names) => {
  const files = fakeFiles();
  files.add('a.txt', 'A');
  files.add('b.txt', 'B');
  const parameters = {
    one: { file_path: 'downloads/a.txt' },
    several: ['downloads/b.txt', { url: 'https://files.test/a_1' }],
  };
  const { outcome, sent } = await send({ file_attachments: [attachment] }, { files, parameters });
  expect(outcome.failureReason).toBeNull();
  expect(sent?.mail.attachments.map(({ filename }) => filename)).toEqual(names);
});

test('attachments that are too large together are refused', async () => {
  const files = fakeFiles();
  const half = 'x'.repeat(26 * 1024 * 1024);
  files.add('a.txt', half);
  files.add('b.txt', half);
  const { outcome } = await send({ file_attachments: ['LAPWING_DOWNLOADS'] }, { files });
  expect(outcome.failureReason).toMatch(/larger than 50 MB together/);
});

test.each([
  ['587', null, 587],
  ['its own', 2525, 2525],
])('a custom server has port %s', async (_, custom_smtp_port, port) => {
  const { sent } = await send(
    {
      custom_smtp_host: '{{ host }}',
      custom_smtp_port,
      custom_smtp_username: 'me',
      custom_smtp_password: '{{ word }}',
    },
    { parameters: { host: 'mail.b.co', word: 's3cret' } },
  );
  expect(sent?.server).toEqual({ host: 'mail.b.co', port, username: 'me', password: 's3cret' });
});

test('a password is a template only as one whole reference', async () => {
  const fields = { custom_smtp_host: 'mail.b.co', custom_smtp_username: 'me' };
  const { sent } = await send({ ...fields, custom_smtp_password: 'a{{ 1 }}b{%' });
  expect(sent?.server?.password).toBe('a{{ 1 }}b{%');
});

test('parameters may hold the server', async () => {
  const { sent } = await send(
    {
      smtp_host_secret_parameter_key: 'h',
      smtp_port_secret_parameter_key: 'p',
      smtp_username_secret_parameter_key: 'u',
      smtp_password_secret_parameter_key: 'w',
    },
    { parameters: { h: 'mail.b.co', p: 465, u: 'me', w: 'word' } },
  );
  expect(sent?.server).toEqual({ host: 'mail.b.co', port: 465, username: 'me', password: 'word' });
});

test('a secret parameter without a value fails with the way out', async () => {
  const { outcome, sent } = await send({ smtp_host_secret_parameter_key: 'smtp_host' });
  expect(outcome).toMatchObject({ status: 'failed', output: null });
  expect(outcome.failureReason).toMatch(
    /^Email client configuration is invalid\. The parameter smtp_host has no value.*custom_smtp_host.*LAPWING_SMTP_URL/,
  );
  expect(sent).toBeUndefined();
});

test('what the server says is the reason', async () => {
  const refuse = (error: BlockFailure) =>
    runOneBlock(block, {
      capabilities: {
        mail: fakeMail({
          send: () => {
            throw error;
          },
        }),
      },
    });
  expect(await refuse(new BlockFailure('full'))).toMatchObject({
    status: 'failed',
    failureReason: 'full',
    output: { success: false, error: 'full' },
  });
  const notSetUp = new BlockFailure('Email client configuration is invalid.', { output: null });
  expect(await refuse(notSetUp)).toMatchObject({ status: 'failed', output: null });
});

test('a body may be what an earlier block found', async () => {
  const mail = fakeMail();
  await runBlocks(
    [
      { block_type: 'code', label: 'find', code: 'x' },
      { ...block, body: 'find_output' },
    ],
    {
      capabilities: { mail, code: { run: async () => ({ kind: 'returned', value: 'found it' }) } },
    },
  );
  expect(mail.sent[0]?.mail.text).toBe('found it');
});

test('an e-mail is never sent twice blindly', () => {
  expect(sendEmail.effect).toBe('external');
  expect(sendEmail.isIdempotent).toBeUndefined();
});
