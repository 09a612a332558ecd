import type { Socket } from 'node:net';
import type { OutgoingMail } from '@lapwing/workflow';
import { createTransport } from 'nodemailer';

/** A mail server and how to speak to it. */
export interface SmtpPlace {
  readonly host: string;
  readonly port: number;
  /** TLS from the first byte; otherwise by STARTTLS. */
  readonly secure: boolean;
  /** Whether sending fails when the server offers no STARTTLS; without it, it goes on in clear text. */
  readonly requireTls: boolean;
  readonly username: string | null;
  readonly password: string | null;
  /** Opens the connection, under whatever policy applies. */
  readonly connect: (signal: AbortSignal) => Promise<Socket>;
}

/** Mail that was not sent. The message is written for the user and never holds the password. */
export class SmtpError extends Error {
  override readonly name = 'SmtpError';
}

export interface SendResult {
  /** Recipients that the server refused while it took others. */
  readonly rejected: readonly string[];
}

const greetingMs = 30_000;
const silenceMs = 120_000;

/** Sends one message. Rejects with {@link SmtpError}, or with the signal's reason. */
export async function sendMail(
  mail: OutgoingMail & { readonly sender: string },
  place: SmtpPlace,
  signal: AbortSignal,
): Promise<SendResult> {
  signal.throwIfAborted();
  const socket = await connected(place, signal);
  // An abort ends the socket, and with it whatever is waited for.
  const stop = () => void socket.destroy();
  signal.addEventListener('abort', stop, { once: true });
  const transport = transportFor(place, socket);
  try {
    const info = await transport.sendMail(messageOf(mail));
    return { rejected: (info.rejected ?? []).map(addressOf) };
  } catch (error) {
    signal.throwIfAborted();
    throw new SmtpError(explain(error, place), { cause: error });
  } finally {
    signal.removeEventListener('abort', stop);
    transport.close();
    socket.destroy();
  }
}

async function connected(place: SmtpPlace, signal: AbortSignal): Promise<Socket> {
  try {
    return await place.connect(signal);
  } catch (error) {
    signal.throwIfAborted();
    throw new SmtpError(explain(error, place), { cause: error });
  }
}

function transportFor(place: SmtpPlace, socket: Socket) {
  const { host, port, secure, username, password } = place;
  return createTransport({
    connection: socket,
    host,
    port,
    secure,
    requireTLS: place.requireTls && !secure,
    greetingTimeout: greetingMs,
    socketTimeout: silenceMs,
    logger: false,
    disableFileAccess: true,
    disableUrlAccess: true,
    ...(username === null ? {} : { auth: { user: username, pass: password ?? '' } }),
  });
}

function messageOf(mail: OutgoingMail & { readonly sender: string }) {
  return {
    from: mail.sender,
    to: [...mail.recipients],
    bcc: [...mail.bcc],
    subject: mail.subject,
    text: mail.text,
    attachments: mail.attachments.map((file) => ({
      filename: file.filename,
      content: Buffer.from(file.bytes),
      ...(file.contentType === null ? {} : { contentType: file.contentType }),
    })),
  };
}

function addressOf(recipient: string | { readonly address: string }): string {
  return typeof recipient === 'string' ? recipient : recipient.address;
}

function explain(error: unknown, place: SmtpPlace): string {
  const server = `The mail server ${place.host}:${place.port}`;
  const text = withoutPassword(error instanceof Error ? error.message : String(error), place);
  switch (codeOf(error)) {
    case 'EAUTH':
      return `${server} refuses the login of ${place.username ?? 'nobody'}: ${text}`;
    case 'EENVELOPE':
    case 'EMESSAGE':
      return `${server} refuses the e-mail: ${text}`;
    case 'ETLS':
      return `${server} offers no secure connection: ${text}`;
    default:
      return `${server} could not be used: ${text}`;
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}

/** A server may repeat what it was sent, in any of the forms of SMTP's logins. */
function withoutPassword(text: string, { username, password }: SmtpPlace): string {
  if (password === null || password === '') return text;
  const encode = (plain: string) => Buffer.from(plain, 'utf8').toString('base64');
  const forms = [password, encode(password), encode(`\0${username ?? ''}\0${password}`)];
  return forms.reduce((rest, form) => rest.replaceAll(form, '*****'), text);
}
