import { once } from 'node:events';
import { readdir, readFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { EgressPolicy } from '../egress/policy.ts';
import { never } from '../egress/testing/loopback.ts';
import { openSftpTarget, type SftpServer } from './sftp.ts';
import { outgoingFile } from './testing/files.ts';
import { keyPair, startSftpServer, type TestSftpServer } from './testing/sftp-server.ts';

const owner = keyPair();
const locked = keyPair('open sesame');
const login = { username: 'ann', password: 'p4ss-word' };
let server: TestSftpServer;
let lockedServer: TestSftpServer;

beforeAll(async () => {
  server = await startSftpServer({ ...login, publicKey: owner.public });
  lockedServer = await startSftpServer({ ...login, publicKey: locked.public });
});
afterAll(() => Promise.all([server.close(), lockedServer.close()]));

const file = outgoingFile('paid');
const policy = new EgressPolicy({ allowHosts: ['127.0.0.1'] });

function open(
  folder: string,
  fields: Partial<SftpServer> = {},
  options: { readonly policy?: EgressPolicy; readonly signal?: AbortSignal } = {},
) {
  const settings: SftpServer = {
    host: '127.0.0.1',
    port: server.port,
    ...login,
    privateKey: null,
    passphrase: null,
    hostKey: server.fingerprint,
    onUncheckedKey: () => undefined,
    ...fields,
  };
  return openSftpTarget(options.policy ?? policy, settings, folder, options.signal ?? never);
}

async function failureOf(work: Promise<unknown>): Promise<Error> {
  return await work.then(
    () => new Error('it worked'),
    (error: Error) => error,
  );
}

it('puts files into a folder that it makes, over one connection', async () => {
  const before = server.connections();
  const target = await open('/in/2026 may');
  const uris = [
    await target.send(file, never),
    await target.send({ ...file, name: 'über 1%.txt' }, never),
  ];
  target.close();
  expect(server.connections()).toBe(before + 1);
  expect(uris).toEqual([
    `sftp://127.0.0.1:${server.port}/in/2026%20may/${file.id}_bill.txt`,
    `sftp://127.0.0.1:${server.port}/in/2026%20may/${file.id}_%C3%BCber%201%25.txt`,
  ]);
  const names = await readdir(`${server.directory}/in/2026 may`);
  expect(names.toSorted()).toEqual([`${file.id}_bill.txt`, `${file.id}_über 1%.txt`]);
});

it('begins where the server puts the user, and keeps to its folder', async () => {
  const target = await open('../reports');
  const uri = await target.send(file, never);
  target.close();
  expect(uri).toBe(`sftp://127.0.0.1:${server.port}/home/reports/${file.id}_bill.txt`);
  const path = `${server.directory}/home/reports/${file.id}_bill.txt`;
  expect(await readFile(path, 'utf8')).toBe('paid');
});

it('replaces a longer file of an earlier try', async () => {
  const target = await open('/again');
  await target.send(outgoingFile('a long first try'), never);
  await target.send(outgoingFile('short'), never);
  target.close();
  expect(await readFile(`${server.directory}/again/${file.id}_bill.txt`, 'utf8')).toBe('short');
});

it('sends large files in parts', async () => {
  const target = await open('/large');
  const part = Buffer.alloc(1024 * 1024, 'x');
  const parts = () => Readable.from(Array.from({ length: 20 }, () => part));
  await target.send(outgoingFile('', { open: async () => parts() }), never);
  target.close();
  const written = await readFile(`${server.directory}/large/${file.id}_bill.txt`);
  expect(written.equals(Buffer.alloc(20 * 1024 * 1024, 'x'))).toBe(true);
});

it.each([
  ['a private key', () => ({ password: null, privateKey: owner.private })],
  [
    'a private key under a passphrase',
    () => ({
      password: null,
      privateKey: locked.private,
      passphrase: 'open sesame',
      port: lockedServer.port,
      hostKey: lockedServer.publicKey,
    }),
  ],
  ['the host key as a .pub file has it', () => ({ hostKey: server.publicKey })],
  ['the host key as known_hosts has it', () => ({ hostKey: `[127.0.0.1]:22 ${server.publicKey}` })],
  ['the host key alone', () => ({ hostKey: server.publicKey.split(' ')[1] ?? '' })],
])('logs in with %s', async (_, fields) => {
  const target = await open('', fields());
  expect(await target.send(file, never)).toMatch(/\/home\//);
  target.close();
});

it('shows the fingerprint of a key that nobody has checked', async () => {
  const shown: string[] = [];
  const target = await open('', { hostKey: null, onUncheckedKey: (key) => shown.push(key) });
  target.close();
  expect(shown).toEqual([server.fingerprint]);
});

it.each([
  [
    'another host key',
    { hostKey: 'SHA256:AAAA' },
    /its key is SHA256:.*not the one in sftp_host_key/,
  ],
  ['a wrong password', { password: 'not-the-word' }, /authentication methods failed/],
  [
    'a wrong passphrase',
    { password: null, privateKey: locked.private, passphrase: 'close sesame' },
    /Cannot parse privateKey/,
  ],
])('fails at %s, and names no secret', async (_, fields, message) => {
  const failure = await failureOf(open('', fields));
  expect(failure).toMatchObject({ name: 'TargetFailure', message: expect.stringMatching(message) });
  expect(failure.message).toMatch(/^SFTP server 127\.0\.0\.1:\d+: /);
  expect(failure.message).not.toMatch(/not-the-word|sesame|PRIVATE/);
});

it('says which folder it could not make', async () => {
  expect((await failureOf(open('/closed/x'))).message).toMatch(
    /the folder \/closed could not be made: /,
  );
});

it('reaches no host that the policy blocks', async () => {
  const closed = new EgressPolicy({ allowHosts: [] });
  expect(await failureOf(open('', {}, { policy: closed }))).toMatchObject({ code: 'blocked_host' });
  const rebound = new EgressPolicy({
    allowHosts: [],
    resolver: async () => [{ address: '127.0.0.1', family: 4 }],
  });
  const before = server.connections();
  expect(
    await failureOf(open('', { host: 'files.example.com' }, { policy: rebound })),
  ).toMatchObject({ code: 'blocked_host' });
  expect(server.connections()).toBe(before);
});

it('connects to the address that was checked', async () => {
  const named = new EgressPolicy({
    allowHosts: ['files.example.com'],
    resolver: async () => [{ address: '127.0.0.1', family: 4 }],
  });
  const target = await open('', { host: 'files.example.com' }, { policy: named });
  expect(await target.send(file, never)).toMatch(/^sftp:\/\/files\.example\.com:\d+\/home\//);
  target.close();
});

it('ends with the signal, also when the server is silent', async () => {
  const silent = createServer().listen(0, '127.0.0.1');
  await once(silent, 'listening');
  const stop = new AbortController();
  silent.on('connection', () => stop.abort(new Error('canceled')));
  const port = (silent.address() as AddressInfo).port;
  expect((await failureOf(open('', { port }, { signal: stop.signal }))).message).toBe('canceled');
  silent.close();
});

it('ends with the signal in the middle of a file', async () => {
  const stop = new AbortController();
  const target = await open('/cut', {}, { signal: stop.signal });
  async function* endless() {
    for (let count = 0; ; count += 1) {
      if (count === 50) stop.abort(new Error('canceled'));
      yield Buffer.alloc(10_000);
    }
  }
  const sending = target.send(
    outgoingFile('', { open: async () => Readable.from(endless()) }),
    stop.signal,
  );
  expect((await failureOf(sending)).message).toBe('canceled');
  target.close();
});

it('survives a server that goes away in the middle of a file', async () => {
  const leaving = await startSftpServer(login);
  const target = await open('', { port: leaving.port, hostKey: null });
  async function* content() {
    yield Buffer.alloc(10_000);
    await leaving.close();
    for (;;) yield Buffer.alloc(10_000);
  }
  const sending = target.send(
    outgoingFile('', { open: async () => Readable.from(content()) }),
    never,
  );
  expect((await failureOf(sending)).message).toMatch(/^SFTP server 127\.0\.0\.1:\d+: /);
  target.close();
});
