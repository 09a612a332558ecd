import type { Server } from 'node:http';
import type { Socket } from 'node:net';

/**
 * Looks after the connections that would keep a server from closing. Node closes those that are idle when it is told to
 * close; it waits a minute for one that a client has opened ahead of its first request, as browsers do, and for one that
 * becomes idle later.
 */
export class Connections {
  readonly #server: Server;
  /** Those on which nothing has been asked yet. */
  readonly #silent = new Set<Socket>();

  constructor(server: Server) {
    this.#server = server;
    server.on('connection', (socket: Socket) => {
      this.#silent.add(socket);
      socket.once('close', () => this.#silent.delete(socket));
    });
    server.on('request', ({ socket }) => this.#silent.delete(socket));
  }

  /** Closes what no answer is owed on. */
  closeUnused(): void {
    for (const socket of this.#silent) socket.destroy();
    this.#server.closeIdleConnections();
  }
}
