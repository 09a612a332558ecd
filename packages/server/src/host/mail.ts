import {
  BlockFailure,
  MailboxFailure,
  type MailCapability,
  type OutgoingMail,
  type SmtpServer,
} from '@lapwing/workflow';
import { connectTcp } from '../egress/connect.ts';
import type { EgressPolicy } from '../egress/policy.ts';
import { searchMailbox } from '../mail/imap.ts';
import { imapPlace, smtpPlace } from '../mail/place.ts';
import { SmtpError, type SmtpPlace, sendMail } from '../mail/smtp.ts';

/** The mail servers of this Lapwing, as its operator set them. */
export interface MailSettings {
  /** The platform's mail server, `smtps://user:password@host:port`. */
  readonly smtpUrl: string | null;
  /** Sender of mail that names none. */
  readonly from: string | null;
  /** The mailbox that workflows read, `imaps://user:password@host:port`. */
  readonly imapUrl: string | null;
}

interface MailOptions {
  readonly settings: MailSettings;
  readonly policy: EgressPolicy;
  readonly signal: AbortSignal;
  readonly log: (level: 'warning', message: string) => void;
}

const noMailbox =
  'This Lapwing has no mailbox to read: its operator names one in LAPWING_IMAP_URL.';
const noServer =
  'Email client configuration is invalid. This Lapwing has no mail server: its operator names one in LAPWING_SMTP_URL, or the block one in custom_smtp_host.';

/** Mail by SMTP and IMAP. Servers that a workflow names are under the egress policy; the operator's own are trusted. */
export function mailCapability(options: MailOptions): MailCapability {
  const { settings, policy, signal } = options;
  const platform = settings.smtpUrl === null ? null : smtpPlace(settings.smtpUrl);
  const mailbox = settings.imapUrl === null ? null : imapPlace(settings.imapUrl);
  return {
    send: async (mail, server) => {
      const place = server === null ? platform : placeOf(server, policy);
      if (place === null) throw new BlockFailure(noServer, { output: null });
      const { rejected } = await send(withSender(mail, settings.from), place, signal);
      if (rejected.length > 0)
        options.log('warning', `The mail server refused ${rejected.join(', ')} and took the rest`);
    },
    search: async (query) => {
      if (mailbox === null) throw new MailboxFailure('not_set_up', noMailbox);
      return await searchMailbox(mailbox, query, signal);
    },
  };
}

function placeOf(server: SmtpServer, policy: EgressPolicy): SmtpPlace {
  const { port } = server;
  const host = server.host.replace(/^\[|\]$/g, '');
  return {
    ...server,
    host,
    secure: port === 465,
    requireTls: server.password !== null,
    connect: (signal) => connectTcp(policy, { host, port }, signal),
  };
}

function withSender(mail: OutgoingMail, from: string | null): OutgoingMail & { sender: string } {
  const sender = mail.sender ?? from;
  if (sender === null)
    throw new BlockFailure(
      'The e-mail has no sender: give one, or the operator of this Lapwing names one in LAPWING_MAIL_FROM',
    );
  return { ...mail, sender };
}

async function send(
  mail: OutgoingMail & { sender: string },
  place: SmtpPlace,
  signal: AbortSignal,
): ReturnType<typeof sendMail> {
  try {
    return await sendMail(mail, place, signal);
  } catch (error) {
    if (!(error instanceof SmtpError)) throw error;
    throw new BlockFailure(error.message, { cause: error });
  }
}
