import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, existsSync, mkdirSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { ImapFlow } from 'imapflow';

/** A private mail server on loopback, with one mailbox. */
export interface Dovecot {
  /** `imap://user:password@host:port` */
  readonly url: string;
  readonly password: string;
  /** Puts a message into a folder. */
  deliver(message: {
    readonly source: string;
    readonly folder?: string;
    readonly date?: Date;
    readonly isRead?: boolean;
  }): Promise<void>;
  /** Whether each message of the inbox is marked as read, oldest first. */
  readMarks(): Promise<readonly boolean[]>;
  close(): Promise<void>;
}

const program = '/usr/sbin/dovecot';
const isRoot = process.getuid?.() === 0;

function isInstalled(): boolean {
  return (
    existsSync(program) &&
    spawnSync(program, ['--version'], { encoding: 'utf8' }).stdout.startsWith('2.4.')
  );
}

/** Whether there is a Dovecot 2.4; as root on Debian, the package is installed. */
export function hasDovecot(): boolean {
  if (isInstalled()) return true;
  if (!isRoot || !existsSync('/etc/debian_version')) return false;
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  for (const words of ['update -q', 'install -qy --no-install-recommends dovecot-imapd'])
    if (spawnSync('apt-get', words.split(' '), { env, stdio: 'ignore' }).status !== 0) return false;
  return isInstalled();
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

/** Dovecot gives nobody's mail to root: as root, the account of its package owns the mailbox. */
function configuration(directory: string, port: number, password: string): string {
  const self = userInfo().username;
  const owner = isRoot ? 'dovecot' : self;
  const group = isRoot ? 'dovecot' : spawnSync('id', ['-gn'], { encoding: 'utf8' }).stdout.trim();
  return `dovecot_config_version = 2.4.0
dovecot_storage_version = 2.4.0
base_dir = ${directory}/run
state_dir = ${directory}/state
log_path = /dev/stderr
info_log_path = /dev/stderr
protocols = imap
listen = 127.0.0.1
ssl = no
auth_allow_cleartext = yes
auth_failure_delay = 0
default_internal_user = ${owner}
default_internal_group = ${group}
default_login_user = ${isRoot ? 'dovenull' : self}
first_valid_uid = 1
mail_driver = maildir
mail_home = ${directory}/mail
mail_path = ${directory}/mail/maildir
mail_uid = ${owner}
mail_gid = ${group}
service imap-login {
  chroot =
  inet_listener imap {
    port = ${port}
  }
  inet_listener imaps {
    port = 0
  }
}
service anvil {
  chroot =
}
passdb static {
  password = ${password}
}
userdb static {
}
namespace inbox {
  inbox = yes
  separator = /
  mailbox "Sent Items" {
    auto = create
    special_use = \\Sent
  }
  mailbox Bills {
    auto = create
  }
}
`;
}

/** Starts a server of the test file's own. */
export async function startDovecot(): Promise<Dovecot> {
  const directory = await mkdtemp(join(tmpdir(), 'lapwing-dovecot-'));
  const port = await freePort();
  const password = 'mail-s3cret';
  const mail = join(directory, 'mail');
  mkdirSync(mail);
  if (isRoot) await giveToDovecot(directory, mail);
  const file = join(directory, 'dovecot.conf');
  await writeFile(file, configuration(directory, port, password));
  const server = spawn(program, ['-F', '-c', file], { stdio: ['ignore', 'ignore', 'pipe'] });
  const lines = createInterface(server.stderr);
  const exited = once(server, 'exit');
  await Promise.race([
    started(lines),
    exited.then(() => Promise.reject(new Error('Dovecot did not start'))),
  ]);
  // What it logs from now on is of no interest, but must be taken from the pipe.
  server.stderr.resume();
  const url = `imap://ann:${password}@127.0.0.1:${port}`;
  return {
    url,
    password,
    deliver: ({ source, folder = 'INBOX', date, isRead = false }) =>
      within(port, password, async (client) => {
        const text = source.replaceAll('\n', '\r\n');
        await client.append(folder, text, isRead ? ['\\Seen'] : [], date);
      }),
    readMarks: () =>
      within(port, password, async (client) => {
        await client.mailboxOpen('INBOX', { readOnly: true });
        const messages = await client.fetchAll('1:*', { flags: true });
        return messages.map(({ flags }) => flags?.has('\\Seen') === true);
      }),
    close: async () => {
      server.kill();
      await exited;
      await rm(directory, { recursive: true, force: true });
    },
  };
}

/** It listens before it says that it starts up. */
async function started(lines: AsyncIterable<string>): Promise<void> {
  const seen: string[] = [];
  for await (const line of lines) {
    seen.push(line);
    if (line.includes('starting up')) return;
  }
  throw new Error(`Dovecot did not start:\n${seen.join('\n')}`);
}

async function giveToDovecot(directory: string, mail: string): Promise<void> {
  const line = (await readFile('/etc/passwd', 'utf8'))
    .split('\n')
    .find((entry) => entry.startsWith('dovecot:'));
  const [, , uid, gid] = (line ?? '').split(':');
  for (const path of [directory, mail]) chownSync(path, Number(uid), Number(gid));
}

async function within<T>(
  port: number,
  password: string,
  work: (client: ImapFlow) => Promise<T>,
): Promise<T> {
  const client = new ImapFlow({
    host: '127.0.0.1',
    port,
    secure: false,
    auth: { user: 'ann', pass: password },
    logger: false,
  });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.logout();
  }
}
