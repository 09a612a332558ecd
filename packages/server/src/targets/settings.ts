import type { S3Bucket } from './s3.ts';

/** What the operator of the server says of storages outside. */
export interface TargetSettings {
  /** A server that speaks S3 and stands for AWS in every block; null: AWS. */
  readonly s3Endpoint: string | null;
  /** The server's own bucket, with the folder in it; null: there is none. */
  readonly platformBucket: (Omit<S3Bucket, 'endpoint'> & { readonly folder: string }) | null;
  /** Address of an account's blobs, with `{account}` for its name. */
  readonly azureBlobEndpoint: string;
  /** Where Google's APIs are. */
  readonly googleApiUrl: string;
  /** Gives an OAuth token that may write files to Google Drive; null: the server has none. */
  readonly googleAccessToken: ((signal: AbortSignal) => Promise<string>) | null;
}
