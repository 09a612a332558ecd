import type { FileContent, StoredFile } from './files.ts';

/** A place outside that takes files, with all that it asks for (reference: blocks.md §4.6). */
export type StorageTarget =
  /** The bucket that the operator of the server has set up. */
  | { readonly kind: 'platform' }
  | {
      readonly kind: 's3';
      readonly bucket: string;
      readonly accessKeyId: string;
      readonly secretAccessKey: string;
      readonly region: string | null;
    }
  | {
      readonly kind: 'azure';
      readonly account: string;
      /** Base64. */
      readonly accountKey: string;
      readonly container: string;
    }
  | {
      readonly kind: 'google_drive';
      readonly credentialId: string;
      /** Null: the root of the drive. */
      readonly folderId: string | null;
    }
  | {
      readonly kind: 'sftp';
      readonly host: string;
      readonly port: number;
      readonly username: string;
      readonly password: string | null;
      /** OpenSSH or PEM text. */
      readonly privateKey: string | null;
      readonly passphrase: string | null;
      /** A line of `known_hosts`, the key in base64, or its fingerprint `SHA256:…`; null takes any key. */
      readonly hostKey: string | null;
    };

/** One file on its way to a target. */
export interface Upload {
  readonly source:
    | { readonly kind: 'file'; readonly file: StoredFile }
    | { readonly kind: 'content'; readonly content: FileContent };
  /** The name at the target ends in it; null: it gets no name but its unique one. */
  readonly name: string | null;
  /** The same text gives the same name at the target: an upload that is repeated replaces what it left there. */
  readonly identity: string;
}

/** Sends files of the run to places outside, under the egress policy. */
export interface TargetsCapability {
  /**
   * Sends files into a folder of a target, one after the other, and says where each is: `s3://…`, `https://…`, `sftp://…`.
   * `folder` is a path with `/`; empty is the target's own root. Google Drive knows no paths and does not read it.
   * Rejects with BlockFailure: the text is for users, and may quote what the target answered.
   */
  upload(
    target: StorageTarget,
    folder: string,
    uploads: readonly Upload[],
  ): Promise<readonly string[]>;
}
