import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A file as this drive keeps it. */
export interface DriveFile {
  readonly name: string;
  readonly mimeType: string;
  readonly parents?: readonly string[];
  readonly appProperties?: Readonly<Record<string, string>>;
  readonly content: string;
}

export interface DriveServer {
  readonly url: string;
  /** By id. */
  readonly files: ReadonlyMap<string, DriveFile>;
  close(): Promise<void>;
}

interface Session {
  readonly id: string;
  readonly described: Omit<DriveFile, 'content'>;
  readonly length: number;
}

/**
 * Speaks as much of Drive v3 as an upload needs, on loopback: the search by property, and resumable uploads, new and
 * to an existing file. `token` is the one that may.
 */
export async function startDriveServer(token: string): Promise<DriveServer> {
  const files = new Map<string, DriveFile>();
  const sessions = new Map<string, Session>();
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const body = Buffer.concat(chunks).toString();
    const url = new URL(request.url ?? '', base);
    const session = sessions.get(url.searchParams.get('upload_id') ?? '');
    if (session !== undefined) {
      take(session, body, response);
    } else if (request.headers.authorization !== `Bearer ${token}`) {
      answer(response, 401, { error: { code: 401, message: 'Invalid Credentials' } });
    } else if (url.pathname === '/drive/v3/files') {
      answer(response, 200, { files: search(url.searchParams.get('q') ?? '') });
    } else {
      begin(url, request, body, response);
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  function search(query: string): { id: string }[] {
    const [, key = '', value] =
      /^appProperties has \{ key='(\w+)' and value='([\w-]+)' \} and trashed = false$/.exec(
        query,
      ) ?? [];
    return [...files]
      .filter(([, file]) => value !== undefined && file.appProperties?.[key] === value)
      .map(([id]) => ({ id }));
  }

  function begin(url: URL, request: IncomingMessage, body: string, response: ServerResponse) {
    const [, existing] = /^\/upload\/drive\/v3\/files(?:\/(\w+))?$/.exec(url.pathname) ?? [];
    const described = JSON.parse(body);
    if (described.parents?.[0] === 'nowhere') {
      answer(response, 404, { error: { code: 404, message: 'File not found: nowhere.' } });
      return;
    }
    const isNew = request.method === 'POST' && existing === undefined;
    const id = isNew ? `file${files.size + 1}` : (existing ?? '');
    const upload = `upload${sessions.size + 1}`;
    const length = Number(request.headers['x-upload-content-length']);
    sessions.set(upload, { id, described: { ...files.get(id), ...described }, length });
    response.setHeader('location', `${base}/session?upload_id=${upload}`);
    answer(response, 200, {});
  }

  function take({ id, described, length }: Session, content: string, response: ServerResponse) {
    if (Buffer.byteLength(content) !== length) {
      answer(response, 400, { error: { code: 400, message: 'Wrong length' } });
      return;
    }
    files.set(id, { ...described, content });
    answer(response, 200, {
      id,
      webViewLink: `https://drive.google.com/file/d/${id}/view?usp=drivesdk`,
    });
  }

  return {
    url: base,
    files,
    close: async () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

function answer(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
}
