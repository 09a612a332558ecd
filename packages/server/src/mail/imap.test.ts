import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { MailboxFailure } from '@lapwing/workflow';
import { afterEach, expect, test } from 'vitest';
import { searchMailbox } from './imap.ts';
import { imapPlace } from './place.ts';

const servers: Server[] = [];
const sockets: Socket[] = [];
const everything = {
  folder: null,
  sender: null,
  subject: null,
  after: null,
  maxResults: 5,
  includeBody: true,
};

afterEach(() => {
  for (const socket of sockets.splice(0)) socket.destroy();
  for (const server of servers.splice(0)) server.close();
});

/** A server that says this to whoever connects, and nothing more. */
async function start(greeting: string): Promise<{ server: Server; url: string }> {
  const server = createServer((socket) => {
    sockets.push(socket);
    socket.write(greeting);
  }).listen(0, '127.0.0.1');
  servers.push(server);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return { server, url: `imap://ann:s3cret@127.0.0.1:${port}` };
}

test('the address of a mailbox says how to reach it', () => {
  expect(imapPlace('imaps://ann%40b.co:p%2Fw@mail.b.co')).toEqual({
    host: 'mail.b.co',
    port: 993,
    secure: true,
    username: 'ann@b.co',
    password: 'p/w',
  });
  expect(imapPlace('imap://ann:pw@[::1]:1143')).toMatchObject({
    host: '::1',
    port: 1143,
    secure: false,
  });
});

test('an abort ends the wait for a silent server', async () => {
  const { server, url } = await start('');
  const stop = new AbortController();
  const searching = searchMailbox(imapPlace(url), everything, stop.signal);
  await once(server, 'connection');
  stop.abort(new Error('stopped'));
  await expect(searching).rejects.toThrow('stopped');
});

test('a server that turns everybody away is a failure, not a refused login', async () => {
  const { url } = await start('* BYE try later\r\n');
  const search = searchMailbox(imapPlace(url), everything, new AbortController().signal);
  const failure = await search.catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(MailboxFailure);
  expect(failure).toMatchObject({ kind: 'other', message: expect.not.stringContaining('s3cret') });
});
