import { once } from 'node:events';
import { connect } from 'node:net';
import type { ImapPlace } from './imap.ts';
import type { SmtpPlace } from './smtp.ts';

/** `smtps://user:password@host:port`, or `smtp://` for a server that speaks TLS by STARTTLS or not at all. */
export function smtpPlace(address: string): SmtpPlace {
  const url = new URL(address);
  const secure = url.protocol === 'smtps:';
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const port = Number(url.port) || (secure ? 465 : 587);
  return {
    host,
    port,
    secure,
    requireTls: false,
    username: decodeURIComponent(url.username) || null,
    password: decodeURIComponent(url.password) || null,
    connect: async (signal) => {
      const socket = connect({ host, port, noDelay: true });
      try {
        await once(socket, 'connect', { signal });
        return socket;
      } catch (error) {
        socket.destroy();
        throw error;
      }
    },
  };
}

/** `imaps://user:password@host:port`, or `imap://` for a server that speaks TLS by STARTTLS or not at all. */
export function imapPlace(address: string): ImapPlace {
  const url = new URL(address);
  const secure = url.protocol === 'imaps:';
  return {
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port: Number(url.port) || (secure ? 993 : 143),
    secure,
    username: decodeURIComponent(url.username),
    password: decodeURIComponent(url.password),
  };
}
