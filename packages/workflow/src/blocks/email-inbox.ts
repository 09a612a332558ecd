import { z } from 'zod';
import { type InboxMail, MailboxFailure } from '../capabilities/mail.ts';
import { type BlockContext, type BlockResult, defineBlock } from './block.ts';
import { parameterKeys } from './fields/parameter-keys.ts';

const text = z.string().nullable().default(null);
const dayMs = 24 * 60 * 60 * 1000;
const maxResults = 500;

const params = z.object({
  email_client: z.enum(['gmail', 'outlook']).describe('How texts name the mailbox.'),
  credential_id: text.describe(
    'Not read yet: the mailbox is that of the server (LAPWING_IMAP_URL).',
  ),
  folder: text.describe(
    'Path of a folder, or a name such as sent, drafts, trash, spam or archive.',
  ),
  prompt: text.describe('Needs a model.'),
  sender: text.describe("Part of the sender's name or address."),
  subject: text.describe('Part of the subject.'),
  newer_than_days: z.int().nullable().default(null).describe('Age in days at most.'),
  max_results: z.int().default(25).describe(`1 to ${maxResults}; the newest messages are taken.`),
  include_body: z
    .boolean()
    .default(true)
    .describe('Whether texts are read, besides their beginnings.'),
  parameter_keys: parameterKeys,
});

type Fields = z.output<typeof params>;

/** How the services are named in texts, and how they write their inbox. */
const clients = {
  gmail: { name: 'Gmail', inbox: 'INBOX' },
  outlook: { name: 'Outlook', inbox: 'inbox' },
} as const;

/** `email_inbox`: finds messages in a mailbox (blocks.md §4.17). */
export const emailInbox = defineBlock({
  type: 'email_inbox',
  summary: 'Finds e-mails by folder, sender, subject and age.',
  needs: ['mail', 'clock'],
  effect: 'none',
  params,
  rendered: {
    credential_id: 'text',
    folder: 'text',
    prompt: 'text',
    sender: 'text',
    subject: 'text',
  },
  async run(ctx, fields) {
    if (fields.prompt !== null && fields.prompt.trim() !== '') {
      const failureReason =
        'Choosing e-mails by a prompt needs a model, which comes with the agent and is not there yet. Use sender, subject, folder and newer_than_days without a prompt.';
      return { status: 'failed', failureReason };
    }
    try {
      return found(fields, await ctx.mail.search(queryOf(ctx, fields)));
    } catch (error) {
      if (error instanceof MailboxFailure) {
        return notRead(fields, error);
      }
      throw error;
    }
  },
});

function queryOf(ctx: BlockContext, fields: Fields): Parameters<BlockContext['mail']['search']>[0] {
  const days = fields.newer_than_days;
  return {
    folder: filled(fields.folder),
    sender: filled(fields.sender),
    subject: filled(fields.subject),
    after: days === null ? null : new Date(ctx.clock.now().getTime() - Math.max(0, days) * dayMs),
    maxResults: Math.min(maxResults, Math.max(1, fields.max_results)),
    includeBody: fields.include_body,
  };
}

function filled(text: string | null): string | null {
  return text === null || text.trim() === '' ? null : text.trim();
}

function found(fields: Fields, emails: readonly InboxMail[]): BlockResult {
  const output = {
    email_client: fields.email_client,
    folder: filled(fields.folder) ?? clients[fields.email_client].inbox,
    // The two differ once a prompt chooses among the candidates.
    candidate_count: emails.length,
    matched_count: emails.length,
    emails: emails.map((email) => ({
      ...email,
      to: [...email.to],
      cc: [...email.cc],
      attachments: email.attachments.map((attachment) => ({ ...attachment })),
    })),
  };
  return { status: 'completed', output };
}

function notRead(fields: Fields, failure: MailboxFailure): BlockResult {
  const { name } = clients[fields.email_client];
  const { message, code } = failure;
  const output = { status_code: null, code, error: message };
  switch (failure.kind) {
    case 'not_set_up':
      return { status: 'failed', failureReason: accountText(fields, message), output };
    case 'login':
      return {
        status: 'failed',
        failureReason: `Reconnect the ${name} account: ${message}`,
        output,
      };
    case 'other':
      return { status: 'failed', failureReason: `${name} email fetch failed: ${message}`, output };
  }
}

function accountText(fields: Fields, message: string): string {
  const { name } = clients[fields.email_client];
  const id = filled(fields.credential_id);
  const account =
    id === null
      ? `${name} credential_id is required`
      : `The ${name} account ${id} cannot be used: the credential vault is not there yet`;
  return `${account}. ${message}`;
}
