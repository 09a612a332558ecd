import { z } from 'zod';
import { BlockFailure } from '../errors.ts';
import { type BlockContext, type BlockResult, defineBlock } from './block.ts';
import { addressesIn, plainAddress } from './mail/addresses.ts';
import { attachmentsOf } from './mail/attachments.ts';
import { smtpServer } from './mail/server.ts';

const text = z.string().nullable().default(null);

const params = z.object({
  smtp_host_secret_parameter_key: text.describe(
    'Key of the parameter with the host of a mail server.',
  ),
  smtp_port_secret_parameter_key: text.describe(
    'Key of the parameter with the port of a mail server.',
  ),
  smtp_username_secret_parameter_key: text.describe(
    'Key of the parameter with the user name of a mail server.',
  ),
  smtp_password_secret_parameter_key: text.describe(
    'Key of the parameter with the password of a mail server.',
  ),
  custom_smtp_host: text.describe('A mail server of your own; private hosts are refused.'),
  custom_smtp_port: z
    .int()
    .min(1)
    .max(65_535)
    .nullable()
    .default(null)
    .describe('587 unless given; 465 speaks TLS from the start, others by STARTTLS.'),
  custom_smtp_username: text.describe('Its user name.'),
  custom_smtp_password: text.describe('Its password; a template only as one whole reference.'),
  sender: z
    .string()
    .describe('Address that it comes from and that gets a blind copy; empty: that of the server.'),
  recipients: z
    .array(z.string())
    .describe('Addresses, or keys of parameters that hold some. Invalid ones are left out.'),
  subject: z.string().describe('The id of the run is added.'),
  body: z.string().describe('Plain text, or the key of a parameter that holds it.'),
  file_attachments: z
    .array(z.string())
    .nullable()
    .default(null)
    .transform((list) => list ?? [])
    .describe(
      'Addresses or paths of files, keys of parameters, or SKYVERN_DOWNLOAD_DIRECTORY for all files of the run.',
    ),
});

type Fields = z.output<typeof params>;

/** `send_email`: sends one e-mail (blocks.md §4.11). */
export const sendEmail = defineBlock({
  type: 'send_email',
  summary: 'Sends an e-mail, with files of the run if wanted.',
  needs: ['mail', 'files'],
  effect: 'external',
  params,
  rendered: {
    sender: 'text',
    recipients: 'json',
    subject: 'text',
    body: 'text',
    file_attachments: 'json',
    custom_smtp_host: 'text',
    custom_smtp_username: 'text',
  },
  async run(ctx, fields) {
    const server = smtpServer(ctx, fields);
    try {
      await ctx.mail.send(await compose(ctx, fields), server);
      return { status: 'completed', output: { success: true } };
    } catch (error) {
      if (error instanceof BlockFailure && error.output === undefined) {
        return notSent(ctx.secrets.maskText(error.message));
      }
      throw error;
    }
  },
});

async function compose(
  ctx: BlockContext,
  fields: Fields,
): Promise<Parameters<BlockContext['mail']['send']>[0]> {
  const sender = senderOf(fields.sender);
  const recipients = addressesIn(ctx, fields.recipients);
  if (recipients.length === 0) {
    throw new BlockFailure(
      `No valid recipient: ${fields.recipients.join(', ').slice(0, 500) || 'the list is empty'}`,
    );
  }
  return {
    sender,
    recipients,
    bcc: sender === null ? [] : [plainAddress(sender) ?? sender],
    subject: `${fields.subject} - Workflow Run ID: ${ctx.runId}`,
    text: bodyOf(ctx, fields.body),
    attachments: await attachmentsOf(ctx, fields.file_attachments),
  };
}

/** An empty sender is the platform's own. */
function senderOf(text: string): string | null {
  const sender = text.trim();
  if (sender !== '' && plainAddress(sender) === null) {
    throw new BlockFailure(`The sender ${sender.slice(0, 300)} is no e-mail address`);
  }
  return sender === '' ? null : sender;
}

function bodyOf(ctx: BlockContext, body: string): string {
  const named = ctx.value(body.trim());
  if (named === undefined) {
    return body;
  }
  return typeof named === 'string' ? named : JSON.stringify(named, null, 2);
}

function notSent(error: string): BlockResult {
  return { status: 'failed', failureReason: error, output: { success: false, error } };
}
