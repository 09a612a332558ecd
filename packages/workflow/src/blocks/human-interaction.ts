import { z } from 'zod';
import type { OutgoingMail } from '../capabilities/mail.ts';
import type { AnswerLinks } from '../capabilities/people.ts';
import { BlockFailure, RunStopped } from '../errors.ts';
import type { JsonObject } from '../json.ts';
import { type BlockContext, type BlockResult, defineBlock } from './block.ts';
import { addressesIn, plainAddress } from './mail/addresses.ts';
import { taskDefaults } from './task/fields.ts';

/** The default of the wire format. It is an address of another service, so that mail of ours never claims to be from it. */
const foreignSender = 'hello@skyvern.com';
/** A run is over long before. */
const longestSeconds = 366 * 24 * 3600;

const params = z.object({
  instructions: z
    .string()
    .default('Please review this run, and approve or reject it.')
    .describe('What is to be decided; stands in the e-mail.'),
  positive_descriptor: z.string().default('Approve').describe('What approving is called.'),
  negative_descriptor: z.string().default('Reject').describe('What rejecting is called.'),
  timeout_seconds: z.int().default(7200).describe('Seconds, counted from the pause.'),
  sender: z
    .string()
    .default(foreignSender)
    .describe('The default stands for the sender that the operator of the server has set.'),
  recipients: z
    .array(z.string())
    .describe('Addresses, or keys of parameters that hold some. Invalid ones are left out.'),
  subject: z
    .string()
    .default('A workflow run waits for your answer')
    .describe('The id of the run is added.'),
  body: z
    .string()
    .default('A workflow run waits for your answer.')
    .describe('Text of the e-mail, ahead of instructions and links.'),
});

type Fields = z.output<typeof params>;

/** `human_interaction`: pauses the run, asks people by e-mail, and waits for their answer (blocks.md §4.7). */
export const humanInteraction = defineBlock({
  type: 'human_interaction',
  summary: 'Pauses the run until a person approves or rejects it.',
  needs: ['people', 'mail', 'clock'],
  // The e-mail is sent again only if the worker died between sending and noting it, and does no harm twice.
  effect: 'none',
  params,
  stored: taskDefaults,
  rendered: {
    instructions: 'text',
    positive_descriptor: 'text',
    negative_descriptor: 'text',
    recipients: 'json',
    subject: 'text',
    body: 'text',
  },
  async run(ctx, fields) {
    const { instructions, positive_descriptor, negative_descriptor } = fields;
    const details = { instructions, positive_descriptor, negative_descriptor };
    const until = await deadline(ctx, fields, details);
    const unsent = ctx.notes.mailed === true ? null : await ask(ctx, fields, until);
    if (unsent !== null) {
      const failureReason = `Failed to send human interaction email: ${unsent}`;
      return { status: 'failed', failureReason, details };
    }
    return { ...resultOf(await ctx.people.answer(until)), details };
  },
});

/** When the wait is over: decided once, and kept together with what the timeline shows meanwhile. */
async function deadline(ctx: BlockContext, fields: Fields, details: JsonObject): Promise<Date> {
  if (typeof ctx.notes.until === 'string') {
    return new Date(ctx.notes.until);
  }
  const seconds = Math.min(Math.max(fields.timeout_seconds, 0), longestSeconds);
  const until = new Date(ctx.clock.now().getTime() + seconds * 1000);
  await ctx.note({ until: until.toISOString(), details });
  return until;
}

/** Pauses the run and sends the e-mail. Returns why it could not be sent; null when it was. */
async function ask(ctx: BlockContext, fields: Fields, until: Date): Promise<string | null> {
  await ctx.people.pause();
  try {
    await ctx.mail.send(compose(ctx, fields, until), null);
  } catch (error) {
    if (error instanceof RunStopped) {
      throw error;
    }
    await ctx.people.goOn();
    return ctx.secrets.maskText(error instanceof Error ? error.message : String(error));
  }
  await ctx.note({ mailed: true });
  return null;
}

function compose(ctx: BlockContext, fields: Fields, until: Date): OutgoingMail {
  const recipients = addressesIn(ctx, fields.recipients);
  if (recipients.length === 0) {
    throw new BlockFailure(
      `No valid recipient: ${fields.recipients.join(', ').slice(0, 500) || 'the list is empty'}`,
    );
  }
  return {
    sender: senderOf(fields.sender.trim()),
    recipients,
    bcc: [],
    subject: `${fields.subject} - Workflow Run ID: ${ctx.runId}`,
    text: textOf(fields, ctx.people.links(until), until),
    attachments: [],
  };
}

function senderOf(sender: string): string | null {
  if (sender === '' || plainAddress(sender) === foreignSender) {
    return null;
  }
  if (plainAddress(sender) === null) {
    throw new BlockFailure(`The sender ${sender.slice(0, 300)} is no e-mail address`);
  }
  return sender;
}

function textOf(fields: Fields, links: AnswerLinks, until: Date): string {
  const time = until.toISOString().slice(0, 16).replace('T', ' ');
  return [
    fields.body,
    fields.instructions,
    `${fields.positive_descriptor}:\n${links.approve}`,
    `${fields.negative_descriptor}:\n${links.reject}`,
    `Whoever has these addresses can answer, until ${time} UTC. The run:\n${links.run}`,
  ].join('\n\n');
}

function resultOf(status: string | null): BlockResult {
  if (status === null) {
    const reason = 'Timeout elapsed with no human interaction';
    return { status: 'timed_out', failureReason: reason, output: { success: false, reason } };
  }
  return { status: 'completed', output: { success: true, reason: `status_changed:${status}` } };
}
