import type { LookupAddress } from 'node:dns';
import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { LapwingError } from '../errors.ts';
import { isPublicAddress } from './addresses.ts';
import { hostOf, parseHttpUrl, portOf } from './url.ts';

/** Every address of a host name. Rejects when there is none. */
export type Resolver = (host: string) => Promise<readonly LookupAddress[]>;

const blockedNames = ['localhost', 'local', 'internal', 'svc'];

function isBlockedName(host: string): boolean {
  return (
    blockedNames.some((name) => host === name || host.endsWith(`.${name}`)) ||
    host.endsWith('.svc.cluster.local')
  );
}

/** `host` or `host:port`, in the spelling of {@link hostOf}. */
function allowKey(entry: string): string {
  const bare = isIP(entry.trim()) === 6 ? `[${entry.trim()}]` : entry.trim();
  const url = URL.parse(`http://${bare}`);
  if (url === null || url.pathname !== '/' || url.username !== '') {
    throw new LapwingError(
      'invalid_url',
      `LAPWING_ALLOW_HOSTS: "${entry}" is no host; write it as "host" or "host:port".`,
    );
  }
  // The URL drops a port of 80, which is meant here all the same.
  const port = /:(\d+)$/.exec(bare.replace(/^\[[^\]]*\]/, ''))?.[1];
  return port === undefined ? hostOf(url) : `${hostOf(url)}:${Number(port)}`;
}

async function untilAborted<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return work;
  signal.throwIfAborted();
  const { promise, reject } = Promise.withResolvers<never>();
  const stop = () => reject(signal.reason);
  signal.addEventListener('abort', stop, { once: true });
  try {
    return await Promise.race([work, promise]);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}

/**
 * Which hosts outgoing traffic may reach: everything on the public internet, nothing on private, loopback, link-local,
 * reserved or metadata addresses, unless `allowHosts` names it (reference: api.md §3, "Blocked hosts").
 */
export class EgressPolicy {
  readonly #allowed: ReadonlySet<string>;
  readonly #resolver: Resolver;

  /** @param options `allowHosts`: entries `host` or `host:port`; throws LapwingError `invalid_url` on others. */
  constructor(options: { allowHosts: readonly string[]; resolver?: Resolver }) {
    this.#allowed = new Set(options.allowHosts.map(allowKey));
    this.#resolver = options.resolver ?? ((host) => lookup(host, { all: true }));
  }

  /** Whether the operator has named this host, with this port or with any. */
  allows(host: string, port: number): boolean {
    return this.#allowed.has(host) || this.#allowed.has(`${host}:${port}`);
  }

  /**
   * Reads and checks an address before it is stored or used. A name that does not resolve now passes: it reaches
   * nothing, and it is checked again when it is connected to. Throws LapwingError `invalid_url` or `blocked_host`.
   */
  async checkUrl(text: string, signal?: AbortSignal): Promise<URL> {
    const url = parseHttpUrl(text);
    const host = hostOf(url);
    this.checkHost(host, portOf(url));
    if (isIP(host) !== 0 || this.allows(host, portOf(url))) return url;
    const addresses = await untilAborted(
      this.#resolver(host).catch(() => []),
      signal,
    );
    this.#checkAddresses(host, addresses);
    return url;
  }

  /** Checks what needs no DNS: blocked names and literal addresses. Throws LapwingError `blocked_host`. */
  checkHost(host: string, port: number): void {
    if (this.allows(host, port)) return;
    if (isBlockedName(host)) throw blocked(host, 'the name is private');
    if (isIP(host) !== 0 && !isPublicAddress(host)) throw blocked(host, 'the address is private');
  }

  /**
   * The addresses of a host that may be connected to. Whoever connects must use exactly these, or a second DNS answer
   * could lead elsewhere. Rejects with LapwingError `blocked_host` or with the resolver's error.
   */
  async resolve(host: string, port: number): Promise<readonly LookupAddress[]> {
    const bare = host.replace(/\.+$/, '');
    this.checkHost(bare, port);
    const family = isIP(bare);
    if (family !== 0) return [{ address: bare, family }];
    const addresses = await this.#resolver(bare);
    if (!this.allows(bare, port)) this.#checkAddresses(bare, addresses);
    return addresses;
  }

  /** One private address among several is enough to refuse: which of them is used is not ours to choose. */
  #checkAddresses(host: string, addresses: readonly LookupAddress[]): void {
    const hidden = addresses.find(({ address }) => !isPublicAddress(address));
    if (hidden !== undefined) {
      throw blocked(host, `it resolves to the private address ${hidden.address}`);
    }
  }
}

function blocked(host: string, why: string): LapwingError {
  return new LapwingError(
    'blocked_host',
    `The host "${host}" is blocked: ${why}. To reach it, the operator of this server names it in LAPWING_ALLOW_HOSTS.`,
  );
}
