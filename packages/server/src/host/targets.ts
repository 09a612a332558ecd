import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import {
  BlockFailure,
  HttpFailure,
  type LogCapability,
  type StorageTarget,
  type TargetsCapability,
  type Upload,
} from '@lapwing/workflow';
import type { HttpClient } from '../egress/http-client.ts';
import type { EgressPolicy } from '../egress/policy.ts';
import { LapwingError } from '../errors.ts';
import { safeFileName } from '../lib/file-names.ts';
import { azureBlobTarget } from '../targets/azure-blob.ts';
import { googleDriveTarget } from '../targets/google-drive.ts';
import { s3Target } from '../targets/s3.ts';
import type { TargetSettings } from '../targets/settings.ts';
import { openSftpTarget } from '../targets/sftp.ts';
import { type OutgoingFile, type Target, TargetFailure } from '../targets/target.ts';
import { contentTypeOf } from './file-types.ts';
import type { RunFiles } from './run-files.ts';

interface TargetsHost {
  readonly settings: TargetSettings;
  readonly http: HttpClient;
  readonly policy: EgressPolicy;
  readonly files: RunFiles;
  readonly log: LogCapability['write'];
  readonly signal: AbortSignal;
}

/** Storages outside, each by its own client. */
export function targetsCapability(host: TargetsHost): TargetsCapability {
  return {
    upload: async (target, folder, uploads) => {
      try {
        return await sendAll(host, await openTarget(host, target, folder), uploads);
      } catch (error) {
        host.signal.throwIfAborted();
        const expected = [TargetFailure, HttpFailure, LapwingError].some(
          (kind) => error instanceof kind,
        );
        if (!expected || !(error instanceof Error)) throw error;
        throw new BlockFailure(error.message, { cause: error });
      }
    },
  };
}

async function sendAll(
  host: TargetsHost,
  target: Target,
  uploads: readonly Upload[],
): Promise<readonly string[]> {
  try {
    const addresses: string[] = [];
    for (const upload of uploads) {
      addresses.push(await target.send(outgoing(host, upload), host.signal));
    }
    return addresses;
  } finally {
    target.close();
  }
}

async function openTarget(
  host: TargetsHost,
  target: StorageTarget,
  folder: string,
): Promise<Target> {
  const { settings, http, policy, signal } = host;
  switch (target.kind) {
    case 'platform': {
      if (settings.platformBucket === null) throw noBucket();
      const { folder: root, ...bucket } = settings.platformBucket;
      return s3Target(http, { ...bucket, endpoint: settings.s3Endpoint }, `${root}/${folder}`);
    }
    case 's3':
      return s3Target(http, { ...target, endpoint: settings.s3Endpoint }, folder);
    case 'azure':
      return azureBlobTarget(http, { ...target, endpoint: settings.azureBlobEndpoint }, folder);
    case 'google_drive':
      return googleDriveTarget(http, {
        folderId: target.folderId,
        apiUrl: settings.googleApiUrl,
        accessToken: settings.googleAccessToken ?? noToken(target.credentialId),
      });
    case 'sftp':
      return openSftpTarget(
        policy,
        { ...target, onUncheckedKey: (key) => warnOfUncheckedKey(host, target.host, key) },
        folder,
        signal,
      );
    default:
      return target satisfies never;
  }
}

function noBucket(): BlockFailure {
  return new BlockFailure(
    'This server has no bucket of its own. Its operator names one with LAPWING_S3_BUCKET, LAPWING_S3_ACCESS_KEY_ID and LAPWING_S3_SECRET_ACCESS_KEY; or use file_upload with a bucket of yours.',
  );
}

function noToken(credentialId: string): () => never {
  return () => {
    throw new BlockFailure(
      `This server has no access to the Google account ${credentialId}. Its operator gives it a token with LAPWING_GOOGLE_ACCESS_TOKEN.`,
    );
  };
}

function warnOfUncheckedKey(host: TargetsHost, name: string, fingerprint: string): void {
  host.log(
    'warning',
    `The key of SFTP server ${name} was not checked. Put ${fingerprint} into sftp_host_key once you know that it is right.`,
  );
}

function outgoing(host: TargetsHost, { source, name, identity }: Upload): OutgoingFile {
  const about = {
    id: uuidOf(identity),
    name: name === null ? null : safeFileName(name),
    contentType: contentTypeOf(name ?? ''),
  };
  if (source.kind === 'file') {
    const { file } = source;
    return {
      ...about,
      bytes: file.file_size,
      sha256: file.checksum,
      open: () => host.files.open(file),
    };
  }
  const { bytes, contentType } = source.content;
  return {
    ...about,
    contentType: contentType ?? about.contentType,
    bytes: bytes.byteLength,
    sha256: createHash('sha256').update(bytes).digest('hex'),
    open: async () => Readable.from([bytes], { objectMode: false }),
  };
}

/** A UUID (version 8) that is the same for the same text. */
function uuidOf(text: string): string {
  const hash = createHash('sha256').update(text).digest().subarray(0, 16);
  hash[6] = ((hash[6] ?? 0) & 0x0f) | 0x80;
  hash[8] = ((hash[8] ?? 0) & 0x3f) | 0x80;
  return hash.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
