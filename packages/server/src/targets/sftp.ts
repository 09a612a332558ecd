import { pipeline } from 'node:stream/promises';
import { Client, type SFTPWrapper } from 'ssh2';
import { connectTcp } from '../egress/connect.ts';
import type { EgressPolicy } from '../egress/policy.ts';
import { LapwingError } from '../errors.ts';
import { fingerprint, isExpectedKey } from './host-key.ts';
import {
  encodedPath,
  folderNames,
  type OutgoingFile,
  objectName,
  type Target,
  TargetFailure,
} from './target.ts';

const handshakeMs = 20_000;

/** A server and the login there. */
export interface SftpServer {
  readonly host: string;
  readonly port: number;
  readonly username: string;
  readonly password: string | null;
  readonly privateKey: string | null;
  readonly passphrase: string | null;
  /** Null takes any key, and says so with its fingerprint. */
  readonly hostKey: string | null;
  readonly onUncheckedKey: (fingerprint: string) => void;
}

/**
 * A folder of an SFTP server, over one connection; it is made when it is not there. A folder that does not begin with `/`
 * is below the one in which the server puts the user. Rejects with TargetFailure or LapwingError `blocked_host`, or with
 * the signal's reason, which ends the connection whenever it fires.
 */
export async function openSftpTarget(
  policy: EgressPolicy,
  server: SftpServer,
  folder: string,
  signal: AbortSignal,
): Promise<Target> {
  const place = server.port === 22 ? server.host : `${server.host}:${server.port}`;
  const client = await explained(login(policy, server, signal), place, signal);
  try {
    const sftp = await explained(openChannel(client), place, signal);
    const directory = await explained(makeFolder(sftp, folder), place, signal);
    return {
      send: async (file, sendSignal) => {
        const path = `${directory === '/' ? '' : directory}/${objectName(file)}`;
        await explained(write(sftp, path, file, sendSignal), place, sendSignal);
        return `sftp://${place}/${encodedPath(folderNames(path))}`;
      },
      close: () => client.end(),
    };
  } catch (error) {
    client.destroy();
    throw error;
  }
}

async function login(
  policy: EgressPolicy,
  server: SftpServer,
  signal: AbortSignal,
): Promise<Client> {
  const { host, port, hostKey } = server;
  const sock = await connectTcp(policy, { host, port }, signal);
  const client = new Client();
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  client.on('ready', resolve);
  // Kept for the whole connection: an error that nobody hears would end the process.
  client.on('error', reject);
  client.on('close', () => reject(new Error('the server closed the connection')));
  const hostVerifier = (key: Buffer): boolean => {
    if (hostKey === null) server.onUncheckedKey(fingerprint(key));
    const passes = hostKey === null || isExpectedKey(key, hostKey);
    if (!passes) {
      reject(new TargetFailure(`its key is ${fingerprint(key)}, not the one in sftp_host_key`));
    }
    return passes;
  };
  client.connect({
    sock,
    username: server.username,
    hostVerifier,
    readyTimeout: handshakeMs,
    ...(server.password === null ? {} : { password: server.password }),
    ...(server.privateKey === null ? {} : { privateKey: server.privateKey }),
    ...(server.passphrase === null ? {} : { passphrase: server.passphrase }),
  });
  try {
    await promise;
    return client;
  } catch (error) {
    client.destroy();
    throw error;
  }
}

function openChannel(client: Client): Promise<SFTPWrapper> {
  const { promise, resolve, reject } = Promise.withResolvers<SFTPWrapper>();
  client.once('close', () => reject(new Error('the server closed the connection')));
  client.sftp((error, sftp) => (error === undefined ? resolve(sftp) : reject(error)));
  return promise;
}

/** Makes every folder on the way that is not there, and answers the absolute path. */
async function makeFolder(sftp: SFTPWrapper, folder: string): Promise<string> {
  const start = folder.startsWith('/') ? '/' : await realPath(sftp, '.');
  let path = start === '/' ? '' : start;
  for (const name of folderNames(folder)) {
    path = `${path}/${name}`;
    if (!(await exists(sftp, path))) await makeDirectory(sftp, path);
  }
  return path === '' ? '/' : path;
}

function realPath(sftp: SFTPWrapper, path: string): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  sftp.realpath(path, (error, found) => (error === undefined ? resolve(found) : reject(error)));
  return promise;
}

function exists(sftp: SFTPWrapper, path: string): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  sftp.stat(path, (error) => resolve(error === undefined));
  return promise;
}

function makeDirectory(sftp: SFTPWrapper, path: string): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  sftp.mkdir(path, (error) => {
    if (error) reject(new TargetFailure(`the folder ${path} could not be made: ${error.message}`));
    else resolve();
  });
  return promise;
}

async function write(
  sftp: SFTPWrapper,
  path: string,
  file: OutgoingFile,
  signal: AbortSignal,
): Promise<void> {
  await pipeline(await file.open(), sftp.createWriteStream(path), { signal });
}

/** Whatever goes wrong on the way becomes a failure that names the server. */
async function explained<T>(work: Promise<T>, place: string, signal: AbortSignal): Promise<T> {
  try {
    return await work;
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof LapwingError) throw error;
    const why = error instanceof Error ? error.message : String(error);
    throw new TargetFailure(`SFTP server ${place}: ${why}`, { cause: error });
  }
}
