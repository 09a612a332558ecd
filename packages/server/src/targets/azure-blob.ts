import { createHmac } from 'node:crypto';
import type { HttpClient } from '../egress/http-client.ts';
import { expectSuccess, sendFile } from './send-file.ts';
import {
  encodedPath,
  folderNames,
  type OutgoingFile,
  objectName,
  type Target,
  TargetFailure,
} from './target.ts';

const version = '2021-12-02';

/** A container and the key of its account. */
export interface AzureContainer {
  readonly account: string;
  /** Base64. */
  readonly accountKey: string;
  readonly container: string;
  /** Address of the account's blobs, with `{account}` for its name. */
  readonly endpoint: string;
}

/**
 * A folder of a container. Blobs are sent in one request each (at most 5,000 MiB).
 * @throws TargetFailure when the account or the container cannot be one
 */
export function azureBlobTarget(
  http: HttpClient,
  container: AzureContainer,
  folder: string,
): Target {
  if (!/^[a-z0-9]{3,24}$/.test(container.account)) {
    throw new TargetFailure(`"${container.account}" is no name of a storage account`);
  }
  if (!/^(?:\$root|\$web|[a-z0-9][a-z0-9-]{1,61}[a-z0-9])$/.test(container.container)) {
    throw new TargetFailure(`"${container.container}" is no name of a container`);
  }
  const base = container.endpoint.replaceAll('{account}', container.account).replace(/\/+$/, '');
  return {
    send: async (file, signal) => {
      const names = [container.container, ...folderNames(folder), objectName(file)];
      const url = `${base}/${encodedPath(names)}`;
      const to = { url, headers: signedHeaders(container, new URL(url), file) };
      expectSuccess(
        await sendFile(http, to, file, signal),
        `Container ${container.container} of ${container.account}`,
      );
      return url;
    },
    close: () => undefined,
  };
}

/** Headers of a `Put Blob`, signed with the account's key (Azure: "Authorize with Shared Key"). */
function signedHeaders(
  { account, accountKey }: AzureContainer,
  url: URL,
  file: OutgoingFile,
): Record<string, string> {
  const own = {
    'x-ms-blob-type': 'BlockBlob',
    'x-ms-date': new Date().toUTCString(),
    'x-ms-version': version,
  };
  const text = [
    'PUT',
    '', // Content-Encoding
    '', // Content-Language
    file.bytes === 0 ? '' : file.bytes,
    '', // Content-MD5
    file.contentType,
    '', // Date: x-ms-date stands for it
    '', // If-Modified-Since
    '', // If-Match
    '', // If-None-Match
    '', // If-Unmodified-Since
    '', // Range
    ...Object.entries(own).map(([name, value]) => `${name}:${value}`),
    `/${account}${url.pathname}`,
  ].join('\n');
  const signature = createHmac('sha256', Buffer.from(accountKey, 'base64'))
    .update(text, 'utf8')
    .digest('base64');
  return {
    ...own,
    'content-type': file.contentType,
    authorization: `SharedKey ${account}:${signature}`,
  };
}
