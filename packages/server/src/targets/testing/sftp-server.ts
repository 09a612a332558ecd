import { once } from 'node:events';
import { closeSync, mkdirSync, openSync, statSync, writeSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, normalize } from 'node:path';
import { type AuthContext, type Connection, Server, type SFTPWrapper, utils } from 'ssh2';
import { fingerprint } from '../host-key.ts';

const { STATUS_CODE } = utils.sftp;

export interface SftpServerOptions {
  readonly username: string;
  readonly password: string;
  /** Whose owner may come in too; the public key as `ssh-keygen` writes it. */
  readonly publicKey?: string;
}

export interface TestSftpServer {
  readonly port: number;
  /** The host key: as `SHA256:…`, and as a `.pub` file has it. */
  readonly fingerprint: string;
  readonly publicKey: string;
  /** Where on this disk the root of the server is. */
  readonly directory: string;
  /** Connections that have been opened so far. */
  readonly connections: () => number;
  close(): Promise<void>;
}

/** A key pair as files hold it. */
export function keyPair(passphrase?: string): {
  readonly private: string;
  readonly public: string;
} {
  return passphrase === undefined
    ? utils.generateKeyPairSync('ed25519')
    : utils.generateKeyPairSync('ecdsa', { bits: 256, passphrase, cipher: 'aes256-cbc' });
}

/** An SFTP server on loopback over a temporary folder. Users start in `/home`; `/closed` takes nothing. */
export async function startSftpServer(options: SftpServerOptions): Promise<TestSftpServer> {
  const directory = await mkdtemp(join(tmpdir(), 'lapwing-sftp-'));
  mkdirSync(join(directory, 'home'));
  const host = keyPair();
  const open = new Set<Connection>();
  let count = 0;
  const server = new Server({ hostKeys: [host.private] }, (client) => {
    count += 1;
    open.add(client);
    // The types leave it out; without it every answer waits for the client's acknowledgement.
    (client as Connection & { setNoDelay(on: boolean): void }).setNoDelay(true);
    client.on('close', () => open.delete(client));
    client.on('error', () => undefined);
    client.on('authentication', (context) => authenticate(context, options));
    client.on('session', (accept) => {
      accept().on('sftp', (acceptSftp) => serveFiles(acceptSftp(), directory));
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    fingerprint: fingerprint(keyOf(host.public)),
    publicKey: host.public,
    directory,
    connections: () => count,
    close: async () => {
      for (const client of open) client.end();
      server.close();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

function keyOf(publicKey: string): Buffer {
  return Buffer.from(publicKey.split(' ')[1] ?? '', 'base64');
}

function authenticate(context: AuthContext, options: SftpServerOptions): void {
  const passes =
    context.username === options.username &&
    ((context.method === 'password' && context.password === options.password) ||
      (context.method === 'publickey' && isOwner(context, options.publicKey)));
  if (passes) context.accept();
  else context.reject(['password', 'publickey']);
}

function isOwner(
  context: Extract<AuthContext, { method: 'publickey' }>,
  publicKey: string | undefined,
): boolean {
  if (publicKey === undefined || !context.key.data.equals(keyOf(publicKey))) return false;
  if (context.signature === undefined || context.blob === undefined) return true;
  const key = utils.parseKey(publicKey);
  return (
    !(key instanceof Error) &&
    key.verify(context.blob, context.signature, context.hashAlgo) === true
  );
}

/** Serves what a client that writes needs. */
function serveFiles(sftp: SFTPWrapper, directory: string): void {
  const place = (path: string) => join(directory, normalize(`/${path}`));
  const attempt = (id: number, work: () => void) => {
    try {
      work();
    } catch {
      sftp.status(id, STATUS_CODE.FAILURE);
    }
  };
  sftp.on('REALPATH', (id, path) => {
    const full = path === '.' ? '/home' : normalize(path);
    sftp.name(id, [{ filename: full, longname: full, attrs: {} as never }]);
  });
  sftp.on('STAT', (id, path) =>
    attempt(id, () => {
      const { mode, size, uid, gid, atimeMs, mtimeMs } = statSync(place(path));
      sftp.attrs(id, { mode, size, uid, gid, atime: atimeMs / 1000, mtime: mtimeMs / 1000 });
    }),
  );
  sftp.on('MKDIR', (id, path) => {
    if (path.startsWith('/closed')) {
      sftp.status(id, STATUS_CODE.PERMISSION_DENIED);
      return;
    }
    attempt(id, () => {
      mkdirSync(place(path));
      sftp.status(id, STATUS_CODE.OK);
    });
  });
  sftp.on('OPEN', (id, path, flags) =>
    attempt(id, () => {
      const handle = Buffer.alloc(4);
      handle.writeUInt32BE(openSync(place(path), utils.sftp.flagsToString(flags) ?? 'w'));
      sftp.handle(id, handle);
    }),
  );
  sftp.on('FSETSTAT', (id) => sftp.status(id, STATUS_CODE.OK));
  sftp.on('WRITE', (id, handle, offset, data) =>
    attempt(id, () => {
      writeSync(handle.readUInt32BE(0), data, 0, data.length, offset);
      sftp.status(id, STATUS_CODE.OK);
    }),
  );
  sftp.on('CLOSE', (id, handle) =>
    attempt(id, () => {
      closeSync(handle.readUInt32BE(0));
      sftp.status(id, STATUS_CODE.OK);
    }),
  );
}
