import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, request } from 'node:http';
import { type AddressInfo, connect } from 'node:net';

/** A door to a browser's debugging port that notes who came, as the gateway of a browser provider would. */
export interface CdpDoor {
  /** `http://127.0.0.1:<port>` */
  readonly url: string;
  readonly port: number;
  /** Of every request and every WebSocket, in the order of arrival. */
  readonly visitors: readonly { readonly path: string; readonly headers: IncomingHttpHeaders }[];
  close(): Promise<void>;
}

/**
 * Passes requests and WebSockets on to the debugging port `behind`. Whoever comes without the `x-door-key` is turned away
 * with a 401.
 */
export async function openCdpDoor(behind: number, key: string): Promise<CdpDoor> {
  const visitors: { path: string; headers: IncomingHttpHeaders }[] = [];
  const target = { host: '127.0.0.1', port: behind };
  const server = createServer((incoming, response) => {
    const { url: path = '/', headers } = incoming;
    visitors.push({ path, headers });
    if (headers['x-door-key'] !== key) return void response.writeHead(401).end('Who are you?');
    // The browser answers with addresses of the host that it was asked by.
    request({ ...target, path, headers: { host: headers.host } }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    })
      .on('error', () => response.destroy())
      .end();
  });
  server.on('upgrade', (incoming, client, head) => {
    const { url: path = '/', headers } = incoming;
    visitors.push({ path, headers });
    if (headers['x-door-key'] !== key) return void client.end('HTTP/1.1 401 Unauthorized\r\n\r\n');
    const browser = connect(target.port, target.host, () => {
      const lines = [`GET ${path} HTTP/1.1`];
      for (const [name, value] of Object.entries(headers)) lines.push(`${name}: ${value}`);
      browser.write(`${lines.join('\r\n')}\r\n\r\n`);
      browser.write(head);
      client.pipe(browser).pipe(client);
    });
    browser.on('error', () => client.destroy());
    client.on('error', () => browser.destroy());
    client.on('close', () => browser.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    visitors,
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
