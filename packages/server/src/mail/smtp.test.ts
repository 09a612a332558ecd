import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { smtpPlace } from './place.ts';
import { SmtpError, type SmtpPlace, sendMail } from './smtp.ts';
import { testCertificate } from './testing/certificate.ts';
import { type MailServer, startMailServer } from './testing/mail-server.ts';

const trusted = getCACertificates('default');
const servers: { close(): unknown }[] = [];
const never = new AbortController().signal;

beforeAll(() => setDefaultCACertificates([...trusted, testCertificate.cert]));
afterAll(() => setDefaultCACertificates(trusted));
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()));
});

const mail = {
  sender: 'Robot <robot@a.co>',
  recipients: ['ann@b.co', 'bob@b.co'],
  bcc: ['robot@a.co'],
  subject: 'Grüße\r\nX-Injected: yes',
  text: 'Hello\n.\nbye',
  attachments: [
    { filename: 'naïve "x".csv', contentType: 'text/csv', bytes: new TextEncoder().encode('a,b') },
  ],
};

async function start(...options: Parameters<typeof startMailServer>): Promise<MailServer> {
  const server = await startMailServer(...options);
  servers.push(server);
  return server;
}

function place(port: number, fields: Partial<SmtpPlace> = {}): SmtpPlace {
  return {
    host: 'localhost',
    port,
    secure: false,
    requireTls: false,
    username: null,
    password: null,
    connect: async () => connect(port, '127.0.0.1'),
    ...fields,
  };
}

async function refusal(work: Promise<unknown>): Promise<string> {
  const outcome = await work.catch((error: unknown) => error);
  expect(outcome).toBeInstanceOf(SmtpError);
  return (outcome as SmtpError).message;
}

test('a message arrives whole, its copy unseen, and no header can be smuggled in', async () => {
  const server = await start();
  const result = await sendMail(mail, place(server.port), never);
  expect(result).toEqual({ rejected: [] });
  const [arrived] = server.arrived;
  expect(arrived).toMatchObject({
    from: 'robot@a.co',
    to: ['ann@b.co', 'bob@b.co', 'robot@a.co'],
    secure: true,
    mail: { subject: 'Grüße X-Injected: yes', from: { text: '"Robot" <robot@a.co>' } },
  });
  expect(arrived?.mail.text?.trim()).toBe('Hello\n.\nbye');
  expect(arrived?.mail.headers.has('x-injected')).toBe(false);
  expect(arrived?.mail.bcc).toBeUndefined();
  expect(arrived?.mail.attachments).toMatchObject([
    { filename: 'naïve "x".csv', contentType: 'text/csv', content: Buffer.from('a,b') },
  ]);
});

test('a login goes over STARTTLS', async () => {
  const server = await start({ authOptional: false });
  const login = { requireTls: true, username: 'me', password: 'w0rd' };
  await sendMail(mail, place(server.port, login), never);
  expect(server.arrived).toMatchObject([{ user: 'me', secure: true }]);
});

test('TLS may begin with the first byte', async () => {
  const server = await start({ secure: true });
  await sendMail(mail, place(server.port, { secure: true }), never);
  expect(server.arrived).toMatchObject([{ secure: true }]);
});

test('the address of a platform server says how to speak to it', async () => {
  const server = await start({ secure: true });
  const address = `smtps://me:w%40rd@127.0.0.1:${server.port}`;
  expect(smtpPlace(address)).toMatchObject({ secure: true, username: 'me', password: 'w@rd' });
  await sendMail(mail, smtpPlace(address), never);
  expect(server.arrived).toMatchObject([{ user: 'me', secure: true }]);
});

test('a password is never sent in clear text', async () => {
  const commands: string[] = [];
  const server = await start({
    disabledCommands: ['STARTTLS'],
    onAuth: ({ method }, _session, done) => {
      commands.push(String(method));
      done(null, { user: 'me' });
    },
  });
  const login = { requireTls: true, username: 'me', password: 'w0rd' };
  const text = await refusal(sendMail(mail, place(server.port, login), never));
  expect(text).toMatch(/^The mail server localhost:\d+ offers no secure connection: /);
  expect(commands).toEqual([]);
});

test('a certificate of another host is refused', async () => {
  const server = await start();
  const other = place(server.port, { host: 'mail.b.co', requireTls: true });
  expect(await refusal(sendMail(mail, other, never))).toMatch(/mail\.b\.co/);
  expect(server.arrived).toEqual([]);
});

test.each([
  ['in clear text', (word: string) => word],
  ['in base64', (word: string) => Buffer.from(word).toString('base64')],
  ['as a whole login', (word: string) => Buffer.from(`\0me\0${word}`).toString('base64')],
])('a server that repeats the password %s does not get it into the message', async (_, form) => {
  const password = 'hunter-two-2';
  const server = await start({
    onAuth: (_auth, _session, done) => done(new Error(`wrong: ${form(password)}`)),
  });
  const login = { username: 'me', password };
  const text = await refusal(sendMail(mail, place(server.port, login), never));
  expect(text).toMatch(/^The mail server localhost:\d+ refuses the login of me: .*\*\*\*\*\*/);
  expect(text).not.toContain(form(password));
});

test('recipients that are refused beside others are told', async () => {
  const server = await start({
    onRcptTo: ({ address }, _session, done) =>
      done(address === 'bob@b.co' ? new Error('no such user') : null),
  });
  expect(await sendMail(mail, place(server.port), never)).toEqual({ rejected: ['bob@b.co'] });
});

test('a message that is refused says so', async () => {
  const server = await start({ onMailFrom: (_from, _session, done) => done(new Error('go away')) });
  expect(await refusal(sendMail(mail, place(server.port), never))).toMatch(
    /refuses the e-mail: .*go away/,
  );
});

test('a server that is not there is named with its port', async () => {
  const gone = place(9, { connect: () => Promise.reject(new Error('connect ECONNREFUSED')) });
  expect(await refusal(sendMail(mail, gone, never))).toBe(
    'The mail server localhost:9 could not be used: connect ECONNREFUSED',
  );
});

test('an abort ends the wait for a silent server', async () => {
  const silent = createServer().listen(0, '127.0.0.1');
  servers.push({ close: () => silent.close() });
  await once(silent, 'listening');
  const { port } = silent.address() as AddressInfo;
  const stop = new AbortController();
  const sending = sendMail(mail, place(port), stop.signal);
  const [socket] = await once(silent, 'connection');
  stop.abort(new Error('stopped'));
  await expect(sending).rejects.toThrow('stopped');
  socket.destroy();
});
