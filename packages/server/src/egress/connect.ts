import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import type { EgressPolicy } from './policy.ts';

/**
 * Opens a TCP connection to a host that the policy lets through, at an address that it has checked. Rejects with
 * LapwingError `blocked_host`, with the error of the resolver or of the last address tried, or with the signal's reason.
 */
export async function connectTcp(
  policy: EgressPolicy,
  place: { readonly host: string; readonly port: number },
  signal: AbortSignal,
): Promise<Socket> {
  let failure: unknown = new Error(`${place.host} has no address`);
  for (const { address, family } of await policy.resolve(place.host, place.port)) {
    const socket = connect({ host: address, family, port: place.port, signal });
    try {
      await once(socket, 'connect', { signal });
      return socket;
    } catch (error) {
      socket.destroy();
      signal.throwIfAborted();
      failure = error;
    }
  }
  throw failure;
}
