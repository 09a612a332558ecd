import type { FileContent } from './files.ts';

/** A plain-text message. */
export interface OutgoingMail {
  /** Address of the sender; null is the platform's own. */
  readonly sender: string | null;
  /** Addresses, at least one. */
  readonly recipients: readonly string[];
  readonly bcc: readonly string[];
  readonly subject: string;
  readonly text: string;
  readonly attachments: readonly FileContent[];
}

/** A mail server that a workflow names. Port 465 speaks TLS from the first byte; others upgrade by STARTTLS when they can. */
export interface SmtpServer {
  readonly host: string;
  readonly port: number;
  readonly username: string | null;
  readonly password: string | null;
}

/** What to look for in a mailbox; null does not restrict. */
export interface InboxQuery {
  /** Path or common name of a folder (`sent`, `junkemail`, …); null is the inbox. */
  readonly folder: string | null;
  /** Part of the sender's name or address. */
  readonly sender: string | null;
  /** Part of the subject. */
  readonly subject: string | null;
  /** Nothing that arrived before. */
  readonly after: Date | null;
  readonly maxResults: number;
  /** Without it the bodies are null and the rest is there. */
  readonly includeBody: boolean;
}

/** A received message in the wire's shape (blocks.md §4.17). */
export interface InboxMail {
  readonly id: string;
  readonly thread_id: string;
  readonly subject: string;
  readonly from_email: string | null;
  readonly from_name: string | null;
  readonly to: readonly string[];
  readonly cc: readonly string[];
  /** UTC, `2025-01-02T03:04:05Z`. */
  readonly date: string | null;
  /** The first words of the text. */
  readonly snippet: string;
  readonly body_text: string | null;
  readonly body_html: string | null;
  readonly has_attachments: boolean;
  readonly attachments: readonly InboxAttachment[];
  readonly is_read: boolean;
  readonly web_link: string | null;
}

export interface InboxAttachment {
  readonly name: string;
  readonly mime_type: string;
  /** Bytes as they are sent, base64 included. */
  readonly size: number;
  readonly attachment_id: string;
}

/** A mailbox that could not be read. `code` is the protocol's, where it gave one. */
export class MailboxFailure extends Error {
  override readonly name = 'MailboxFailure';
  readonly kind: 'not_set_up' | 'login' | 'other';
  readonly code: string | null;

  constructor(
    kind: MailboxFailure['kind'],
    message: string,
    options: { code?: string | null; cause?: unknown } = {},
  ) {
    super(message, { cause: options.cause });
    this.kind = kind;
    this.code = options.code ?? null;
  }
}

/** Mail out and in. */
export interface MailCapability {
  /**
   * Sends through a server that the workflow names (private hosts are refused), or through the platform's own when
   * `server` is null. Rejects with BlockFailure, whose text never holds a password, and whose output is null when the
   * platform has no mail server.
   */
  send(mail: OutgoingMail, server: SmtpServer | null): Promise<void>;
  /** Messages of the server's mailbox, newest first; marks nothing as read. Rejects with {@link MailboxFailure}. */
  search(query: InboxQuery): Promise<readonly InboxMail[]>;
}
