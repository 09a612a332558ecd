import { type InboxMail, type InboxQuery, MailboxFailure } from '@lapwing/workflow';
import { type FetchMessageObject, ImapFlow, type SearchObject } from 'imapflow';
import { findFolder } from './imap-folder.ts';
import { contentOf, textParts, toInboxMail } from './imap-message.ts';

/** A mailbox and its login. */
export interface ImapPlace {
  readonly host: string;
  readonly port: number;
  /** TLS from the first byte; otherwise by STARTTLS when the server offers it. */
  readonly secure: boolean;
  readonly username: string;
  readonly password: string;
}

const connectMs = 20_000;
const silenceMs = 60_000;
const maxMessageBytes = 64 * 1024 * 1024;

/**
 * Finds messages, newest first, and marks nothing as read. Rejects with MailboxFailure, or with the signal's reason.
 */
export async function searchMailbox(
  place: ImapPlace,
  query: InboxQuery,
  signal: AbortSignal,
): Promise<readonly InboxMail[]> {
  signal.throwIfAborted();
  const client = clientFor(place);
  const stop = () => client.close();
  signal.addEventListener('abort', stop, { once: true });
  try {
    await client.connect();
    const found = await searchIn(client, query);
    await client.logout();
    return found;
  } catch (error) {
    signal.throwIfAborted();
    throw toFailure(error, place);
  } finally {
    signal.removeEventListener('abort', stop);
    client.close();
  }
}

function clientFor(place: ImapPlace): ImapFlow {
  const client = new ImapFlow({
    host: place.host,
    port: place.port,
    secure: place.secure,
    auth: { user: place.username, pass: place.password },
    connectionTimeout: connectMs,
    socketTimeout: silenceMs,
    maxLiteralSize: maxMessageBytes,
    disableAutoIdle: true,
    logger: false,
  });
  // A broken connection rejects the call that is waited for; the event repeats it.
  client.on('error', () => undefined);
  return client;
}

async function searchIn(client: ImapFlow, query: InboxQuery): Promise<readonly InboxMail[]> {
  const folder = findFolder(await client.list(), query.folder);
  const lock = await client.getMailboxLock(folder, { readOnly: true });
  try {
    const messages = await newest(client, query);
    const found: InboxMail[] = [];
    for (const message of messages) {
      const content = await contentOf(client, message, textParts(message), query.includeBody);
      found.push(toInboxMail(message, content));
    }
    return found;
  } finally {
    lock.release();
  }
}

async function newest(client: ImapFlow, query: InboxQuery): Promise<readonly FetchMessageObject[]> {
  const uids = await client.search(searchOf(query), { uid: true });
  if (!Array.isArray(uids) || uids.length === 0) return [];
  const latest = uids.sort((a, b) => b - a).slice(0, query.maxResults);
  const fields = {
    uid: true,
    envelope: true,
    flags: true,
    internalDate: true,
    bodyStructure: true,
    threadId: true,
    headers: ['references'],
  };
  const messages = await client.fetchAll(latest, fields, { uid: true });
  return messages.filter((message) => isAfter(message, query.after)).sort((a, b) => b.uid - a.uid);
}

/** IMAP's SINCE knows whole days only, of an unknown time zone. */
function searchOf({ sender, subject, after }: InboxQuery): SearchObject {
  const day = 24 * 60 * 60 * 1000;
  return {
    all: true,
    ...(sender === null ? {} : { from: sender }),
    ...(subject === null ? {} : { subject }),
    ...(after === null ? {} : { since: new Date(after.getTime() - day) }),
  };
}

function isAfter({ internalDate }: FetchMessageObject, after: Date | null): boolean {
  return after === null || internalDate === undefined || new Date(internalDate) >= after;
}

function toFailure(error: unknown, place: ImapPlace): MailboxFailure {
  if (error instanceof MailboxFailure) return error;
  const { message, code, login } = factsOf(error);
  const text = place.password === '' ? message : message.replaceAll(place.password, '*****');
  const server = `${place.host}:${place.port}`;
  return login
    ? new MailboxFailure('login', `${server} refuses the login of ${place.username}: ${text}`, {
        code,
        cause: error,
      })
    : new MailboxFailure('other', `${server}: ${text}`, { code, cause: error });
}

function factsOf(error: unknown): { message: string; code: string | null; login: boolean } {
  if (!(error instanceof Error)) return { message: String(error), code: null, login: false };
  const facts = error as Error & Partial<Record<string, unknown>>;
  const answer = typeof facts.responseText === 'string' ? facts.responseText : error.message;
  const code = facts.serverResponseCode ?? facts.code;
  return {
    message: answer,
    code: typeof code === 'string' ? code : null,
    login: facts.authenticationFailed === true,
  };
}
