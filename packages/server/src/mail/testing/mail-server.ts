import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { type ParsedMail, simpleParser } from 'mailparser';
import { SMTPServer, type SMTPServerOptions } from 'smtp-server';
import { testCertificate } from './certificate.ts';

/** One message as it arrived. */
export interface Arrived {
  readonly from: string | null;
  readonly to: readonly string[];
  /** Who had logged in. */
  readonly user: string | null;
  readonly secure: boolean;
  readonly mail: ParsedMail;
}

/** An SMTP server on loopback that keeps what it is sent. */
export interface MailServer {
  readonly port: number;
  readonly arrived: readonly Arrived[];
  close(): Promise<void>;
}

/** Starts one; without options it takes all mail, from everybody, in clear text or by STARTTLS. */
export async function startMailServer(options: SMTPServerOptions = {}): Promise<MailServer> {
  const arrived: Arrived[] = [];
  const server = new SMTPServer({
    ...testCertificate,
    authOptional: true,
    logger: false,
    onAuth: ({ username = '' }, _session, done) => done(null, { user: username }),
    onData: (stream, session, done) => {
      simpleParser(stream).then(
        (mail) => {
          const { mailFrom, rcptTo } = session.envelope;
          arrived.push({
            from: mailFrom === false ? null : mailFrom.address,
            to: rcptTo.map(({ address }) => address),
            user: typeof session.user === 'string' ? session.user : null,
            secure: session.secure,
            mail,
          });
          done(null);
        },
        (error: Error) => done(error),
      );
    },
    ...options,
  });
  // Clients that break off are part of what is tested.
  server.on('error', () => undefined);
  server.listen(0, '127.0.0.1');
  await once(server.server, 'listening');
  return {
    port: (server.server.address() as AddressInfo).port,
    arrived,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}
