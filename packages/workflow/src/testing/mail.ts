import {
  type InboxMail,
  type InboxQuery,
  MailboxFailure,
  type MailCapability,
  type OutgoingMail,
  type SmtpServer,
} from '../capabilities/mail.ts';

/** A mail server that keeps what it is given, and whose mailbox answers by a function. */
export function fakeMail(
  answers: {
    readonly send?: (mail: OutgoingMail) => void;
    readonly search?: (query: InboxQuery) => readonly InboxMail[];
  } = {},
): MailCapability & {
  readonly sent: readonly { readonly mail: OutgoingMail; readonly server: SmtpServer | null }[];
} {
  const sent: { mail: OutgoingMail; server: SmtpServer | null }[] = [];
  return {
    sent,
    async send(mail, server) {
      answers.send?.(mail);
      sent.push({ mail, server });
    },
    async search(query) {
      if (answers.search === undefined) {
        throw new MailboxFailure('not_set_up', 'The server has no mailbox.');
      }
      return answers.search(query);
    },
  };
}
