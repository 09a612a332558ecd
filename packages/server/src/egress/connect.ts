import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import type { EgressPolicy } from './policy.ts';

const patienceMs = 20_000;

/**
 * Opens a TCP connection to a host that the policy lets through, at an address that it has checked. Rejects with
 * LapwingError `blocked_host`, with the error of the resolver or of the last address tried (after 20 s a TimeoutError), or
 * with the signal's reason. The signal ends the open connection too.
 */
export async function connectTcp(
  policy: EgressPolicy,
  place: { readonly host: string; readonly port: number },
  signal: AbortSignal,
): Promise<Socket> {
  let failure: unknown = new Error(`${place.host} has no address`);
  const patience = AbortSignal.any([signal, AbortSignal.timeout(patienceMs)]);
  for (const { address, family } of await policy.resolve(place.host, place.port)) {
    const socket = connect({
      host: address,
      family,
      port: place.port,
      noDelay: true,
      signal,
    });
    try {
      await once(socket, 'connect', { signal: patience });
      return socket;
    } catch (error) {
      socket.destroy();
      signal.throwIfAborted();
      failure = error;
    }
  }
  throw failure;
}
