import type { InboxAttachment, InboxMail } from '@lapwing/workflow';
import { convert } from 'html-to-text';
import type {
  FetchMessageObject,
  ImapFlow,
  MessageAddressObject,
  MessageStructureObject,
} from 'imapflow';

/** The parts of a message that hold its text, by their numbers; null where it has none. */
export interface TextParts {
  readonly plain: string | null;
  readonly html: string | null;
}

export interface MessageContent {
  readonly text: string | null;
  readonly html: string | null;
  readonly snippet: string;
}

const maxBodyBytes = 5 * 1024 * 1024;
/** Enough of a text for its first words, markup included. */
const peekBytes = 16 * 1024;
const snippetLength = 200;

function leaves(node: MessageStructureObject): readonly MessageStructureObject[] {
  // A forwarded message is an attachment, and what is in it is not ours to list.
  return node.type === 'message/rfc822' || node.childNodes === undefined
    ? [node]
    : node.childNodes.flatMap(leaves);
}

function isAttachment(node: MessageStructureObject): boolean {
  if (node.disposition === 'attachment') return true;
  return nameOf(node) !== null || !['text/plain', 'text/html'].includes(node.type);
}

function nameOf(node: MessageStructureObject): string | null {
  return node.dispositionParameters?.filename ?? node.parameters?.name ?? null;
}

function partsOf({ bodyStructure }: FetchMessageObject): readonly MessageStructureObject[] {
  return bodyStructure === undefined ? [] : leaves(bodyStructure);
}

/** Where the text of a message is. */
export function textParts(message: FetchMessageObject): TextParts {
  const texts = partsOf(message).filter((node) => !isAttachment(node));
  const first = (type: string) => {
    const node = texts.find((candidate) => candidate.type === type);
    return node === undefined ? null : (node.part ?? '1');
  };
  return { plain: first('text/plain'), html: first('text/html') };
}

/** The text of a message: all of it, or enough for a snippet. HTML alone is read as text too. */
export async function contentOf(
  client: ImapFlow,
  message: FetchMessageObject,
  parts: TextParts,
  includeBody: boolean,
): Promise<MessageContent> {
  const maxBytes = includeBody ? maxBodyBytes : peekBytes;
  const read = (part: string | null) => readPart(client, { uid: message.uid, part, maxBytes });
  const plain = await read(parts.plain);
  const html = includeBody || plain === null ? await read(parts.html) : null;
  const text = plain ?? (html === null ? null : htmlText(html));
  const snippet = (text ?? '').replaceAll(/\s+/g, ' ').trim().slice(0, snippetLength);
  return includeBody ? { text, html, snippet } : { text: null, html: null, snippet };
}

function htmlText(html: string): string {
  const skipped = ['img', 'style', 'script'].map((selector) => ({ selector, format: 'skip' }));
  return convert(html, { wordwrap: false, selectors: skipped }).trim();
}

async function readPart(
  client: ImapFlow,
  wanted: { readonly uid: number; readonly part: string | null; readonly maxBytes: number },
): Promise<string | null> {
  const { uid, part, maxBytes } = wanted;
  if (part === null) return null;
  const { content } = await client.download(String(uid), part, { uid: true, maxBytes });
  if (content === undefined) return null;
  const chunks: Buffer[] = [];
  for await (const chunk of content) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8').replaceAll('\r\n', '\n');
}

/** A message in the wire's shape. */
export function toInboxMail(message: FetchMessageObject, content: MessageContent): InboxMail {
  const { envelope } = message;
  const [from] = envelope?.from ?? [];
  const attachments = partsOf(message).filter(isAttachment).map(toAttachment);
  return {
    id: message.emailId ?? String(message.uid),
    thread_id: threadOf(message),
    subject: envelope?.subject ?? '',
    from_email: from?.address ?? null,
    from_name: from?.name || null,
    to: addresses(envelope?.to),
    cc: addresses(envelope?.cc),
    date: wireDate(envelope?.date ?? message.internalDate),
    snippet: content.snippet,
    body_text: content.text,
    body_html: content.html,
    has_attachments: attachments.length > 0,
    attachments,
    is_read: message.flags?.has('\\Seen') ?? false,
    web_link: null,
  };
}

function toAttachment(node: MessageStructureObject): InboxAttachment {
  const part = node.part ?? '1';
  return {
    name: nameOf(node) ?? `part-${part}`,
    mime_type: node.type,
    size: node.size ?? 0,
    attachment_id: part,
  };
}

/** Gmail numbers its threads; elsewhere a thread is known by the message that began it. */
function threadOf(message: FetchMessageObject): string {
  const references = message.headers?.toString('utf8').match(/<[^<>\s]+>/);
  return (
    message.threadId ??
    references?.[0] ??
    message.envelope?.inReplyTo ??
    message.envelope?.messageId ??
    String(message.uid)
  );
}

function addresses(list: readonly MessageAddressObject[] | undefined): readonly string[] {
  return (list ?? []).flatMap(({ address }) => address ?? []);
}

/** UTC to the second; null for dates that are none. */
function wireDate(date: Date | string | undefined): string | null {
  const time = date === undefined ? Number.NaN : new Date(date).getTime();
  return Number.isNaN(time) ? null : new Date(time).toISOString().replace(/\.\d+Z$/, 'Z');
}
