import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A receiver whose answers wait until the test lets them go: what is held here is under way. */
export interface Gate {
  /** `http://127.0.0.1:<port>/<name>`: the address at which something called `name` is held. */
  url(name: string): string;
  /** Every name that has come, in the order of coming. */
  readonly arrived: readonly string[];
  /** Names that are held now. */
  readonly held: readonly string[];
  /** Most that were held at the same time. */
  readonly most: number;
  /** Lets one go: the one of that name, else the one that came first. Waits for it to come. */
  release(name?: string): Promise<void>;
  /** Holds nobody any more, whoever comes. */
  open(): void;
  /** Resolves when so many have come in all. */
  reached(count: number): Promise<void>;
  close(): Promise<void>;
}

/** @param options.holdMs Lets everybody go after so many milliseconds by itself; without it, when the test says so. */
export async function startGate(options: { readonly holdMs?: number } = {}): Promise<Gate> {
  const arrived: string[] = [];
  const holding = new Map<ServerResponse, string>();
  const changes = new EventTarget();
  let most = 0;
  let isOpen = false;
  const changed = () => changes.dispatchEvent(new Event('change'));
  const letGo = (response: ServerResponse) => {
    holding.delete(response);
    response.end('{}');
    changed();
  };
  const server = createServer((request, response) => {
    const name = decodeURIComponent((request.url ?? '/').slice(1));
    arrived.push(name);
    holding.set(response, name);
    most = Math.max(most, holding.size);
    response.setHeader('content-type', 'application/json');
    response.on('close', () => holding.delete(response));
    if (isOpen) letGo(response);
    else if (options.holdMs !== undefined) setTimeout(() => letGo(response), options.holdMs);
    changed();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const until = async <T>(look: () => T | undefined): Promise<T> => {
    for (;;) {
      const found = look();
      if (found !== undefined) return found;
      const { promise, resolve } = Promise.withResolvers<void>();
      changes.addEventListener('change', () => resolve(), { once: true });
      await promise;
    }
  };
  const find = (name: string | undefined) =>
    [...holding].find(([, held]) => name === undefined || held === name)?.[0];
  return {
    url: (name) => `http://127.0.0.1:${port}/${name}`,
    arrived,
    get held() {
      return [...holding.values()];
    },
    get most() {
      return most;
    },
    release: async (name) => letGo(await until(() => find(name))),
    open: () => {
      isOpen = true;
      for (const response of holding.keys()) letGo(response);
    },
    reached: async (count) => void (await until(() => arrived.length >= count || undefined)),
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
