import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface AzureServer {
  /** Address of the account's blobs, with `{account}`. */
  readonly url: string;
  /** Content and type by path, encoded as it was sent: `/account/container/blob`. */
  readonly blobs: ReadonlyMap<string, { readonly text: string; readonly type: string }>;
  close(): Promise<void>;
}

/**
 * Takes `Put Blob` on loopback and checks its Shared Key as Azure documents it, by the headers that came. One account; the
 * container `missing` is not there.
 */
export async function startAzureServer(account: string, accountKey: string): Promise<AzureServer> {
  const blobs = new Map<string, { text: string; type: string }>();
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const path = request.url ?? '';
    const expected = `SharedKey ${account}:${sign(request, `/${account}${path}`, accountKey)}`;
    if (request.headers.authorization !== expected) {
      refuse(403, 'AuthenticationFailed', 'Server failed to authenticate the request.');
    } else if (path.split('/')[2] === 'missing') {
      refuse(404, 'ContainerNotFound', 'The specified container does not exist.');
    } else {
      const type = request.headers['content-type'] ?? '';
      blobs.set(path, { text: Buffer.concat(chunks).toString(), type });
      response.writeHead(201).end();
    }

    function refuse(status: number, code: string, message: string): void {
      response.writeHead(status, { 'content-type': 'application/xml' });
      response.end(`<Error><Code>${code}</Code><Message>${message}</Message></Error>`);
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/{account}`,
    blobs,
    close: async () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

const standardHeaders = [
  'content-encoding',
  'content-language',
  'content-length',
  'content-md5',
  'content-type',
  'date',
  'if-modified-since',
  'if-match',
  'if-none-match',
  'if-unmodified-since',
  'range',
];

function sign(request: IncomingMessage, resource: string, accountKey: string): string {
  const { headers } = request;
  const standard = standardHeaders.map((name) => {
    const value = headers[name] ?? '';
    return name === 'content-length' && value === '0' ? '' : value;
  });
  const own = Object.keys(headers)
    .filter((name) => name.startsWith('x-ms-'))
    .toSorted()
    .map((name) => `${name}:${headers[name]}`);
  const text = [request.method, ...standard, ...own, resource].join('\n');
  return createHmac('sha256', Buffer.from(accountKey, 'base64')).update(text).digest('base64');
}
