import { z } from 'zod';
import type { StorageTarget } from '../../capabilities/targets.ts';
import type { BlockContext, RenderMode } from '../block.ts';

const text = z.string().nullable().default(null);

/** Fields that say where files go, in every block that sends some (blocks.md §4.6). */
export const destinationFields = {
  s3_bucket: text.describe('Bucket; needed for s3.'),
  aws_access_key_id: text.describe('Key id; needed for s3.'),
  aws_secret_access_key: text.describe('Secret key; needed for s3.'),
  region_name: text.describe("The bucket's region; us-east-1 unless given."),
  azure_storage_account_name: text.describe('Account; needed for azure.'),
  azure_storage_account_key: text.describe('Key of the account; needed for azure.'),
  azure_blob_container_name: text.describe('Container; needed for azure.'),
  google_credential_id: text.describe('Google account; needed for google_drive.'),
  google_drive_folder_id: text.describe('Folder of the drive; its root unless given.'),
  sftp_host: text.describe('Host; needed for sftp.'),
  sftp_port: z.int().min(1).max(65_535).nullable().default(null).describe('22 unless given.'),
  sftp_username: text.describe('User name; needed for sftp.'),
  sftp_password: text.describe('Password; needed for sftp unless there is a key.'),
  sftp_private_key: text.describe('Private key; needed for sftp unless there is a password.'),
  sftp_private_key_passphrase: text.describe('Passphrase of the key.'),
  sftp_remote_path: text.describe('Folder on the server; made when it is not there.'),
  sftp_host_key: text.describe(
    'Line of known_hosts, public key in base64, or fingerprint SHA256:…; any key passes without it.',
  ),
};

/** How the fields of a destination are rendered: all of them but the port. */
export const destinationRendered = {
  s3_bucket: 'text',
  aws_access_key_id: 'text',
  aws_secret_access_key: 'text',
  region_name: 'text',
  azure_storage_account_name: 'text',
  azure_storage_account_key: 'text',
  azure_blob_container_name: 'text',
  google_credential_id: 'text',
  google_drive_folder_id: 'text',
  sftp_host: 'text',
  sftp_username: 'text',
  sftp_password: 'text',
  sftp_private_key: 'text',
  sftp_private_key_passphrase: 'text',
  sftp_remote_path: 'text',
  sftp_host_key: 'text',
} as const satisfies Partial<Record<keyof typeof destinationFields, RenderMode>>;

/** Kinds of storage by their wire names, and how failures name them. */
export const storageNames = {
  s3: 'S3',
  azure: 'Azure Blob Storage',
  google_drive: 'Google Drive',
  sftp: 'SFTP',
} as const;
export type StorageType = keyof typeof storageNames;

export type DestinationFields = z.output<z.ZodObject<typeof destinationFields>>;

const required = {
  s3: ['s3_bucket', 'aws_access_key_id', 'aws_secret_access_key'],
  azure: ['azure_storage_account_name', 'azure_storage_account_key', 'azure_blob_container_name'],
  google_drive: ['google_credential_id'],
  sftp: ['sftp_host', 'sftp_username'],
} as const satisfies Record<StorageType, readonly (keyof DestinationFields)[]>;

/** The fields that this kind of storage asks for and that are empty. */
export function missingFields(type: StorageType, fields: DestinationFields): readonly string[] {
  const missing = required[type].filter((name) => (fields[name] ?? '').trim() === '');
  const hasLogin = Boolean(fields.sftp_password || fields.sftp_private_key);
  return type === 'sftp' && !hasLogin ? [...missing, 'sftp_password or sftp_private_key'] : missing;
}

/**
 * The target that rendered fields describe, secrets in place of their tokens. Fields that are missing are empty there.
 * @throws BlockFailure when a secret is gone
 */
export function targetOf(
  ctx: BlockContext,
  type: StorageType,
  fields: DestinationFields,
): StorageTarget {
  const real = (text: string | null) => (text ? ctx.secrets.reveal(text) : null);
  const plain = (text: string | null) => (real(text) ?? '').trim();
  switch (type) {
    case 's3':
      return {
        kind: 's3',
        bucket: plain(fields.s3_bucket),
        accessKeyId: plain(fields.aws_access_key_id),
        secretAccessKey: plain(fields.aws_secret_access_key),
        region: plain(fields.region_name) || null,
      };
    case 'azure':
      return {
        kind: 'azure',
        account: plain(fields.azure_storage_account_name),
        accountKey: plain(fields.azure_storage_account_key),
        container: plain(fields.azure_blob_container_name),
      };
    case 'google_drive': {
      const id = plain(fields.google_credential_id);
      const named = ctx.value(id);
      return {
        kind: 'google_drive',
        credentialId: typeof named === 'string' ? named : id,
        folderId: plain(fields.google_drive_folder_id) || null,
      };
    }
    case 'sftp':
      return {
        kind: 'sftp',
        host: plain(fields.sftp_host),
        port: fields.sftp_port ?? 22,
        username: plain(fields.sftp_username),
        password: real(fields.sftp_password),
        privateKey: real(fields.sftp_private_key),
        passphrase: real(fields.sftp_private_key_passphrase),
        hostKey: plain(fields.sftp_host_key) || null,
      };
  }
}

/** A text of a target without what the block logged in with, nor any other secret of the run. */
export function withoutSecrets(ctx: BlockContext, target: StorageTarget, text: string): string {
  const masked = secretsOf(target)
    .filter((secret) => secret !== null && secret !== '')
    .reduce<string>((rest, secret) => rest.replaceAll(secret ?? '', '*****'), text);
  return ctx.secrets.maskText(masked);
}

function secretsOf(target: StorageTarget): readonly (string | null)[] {
  switch (target.kind) {
    case 'platform':
    case 'google_drive':
      return [];
    case 's3':
      return [target.secretAccessKey];
    case 'azure':
      return [target.accountKey];
    case 'sftp':
      return [target.privateKey, target.passphrase, target.password];
  }
}
