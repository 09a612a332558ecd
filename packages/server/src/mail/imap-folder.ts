import { MailboxFailure } from '@lapwing/workflow';
import type { ListResponse } from 'imapflow';

/** Names that Gmail and Outlook give to folders, by IMAP's mark for their use. */
const commonNames: Readonly<Record<string, string>> = {
  inbox: '\\Inbox',
  sent: '\\Sent',
  sentitems: '\\Sent',
  drafts: '\\Drafts',
  draft: '\\Drafts',
  trash: '\\Trash',
  deleteditems: '\\Trash',
  spam: '\\Junk',
  junk: '\\Junk',
  junkemail: '\\Junk',
  archive: '\\Archive',
  all: '\\All',
};

type Folder = Pick<ListResponse, 'path' | 'name' | 'specialUse'>;

/** The path of the folder that a block names: by its path, its name, or its use. Throws MailboxFailure. */
export function findFolder(folders: readonly Folder[], wanted: string | null): string {
  if (wanted === null || wanted.toLowerCase() === 'inbox') return 'INBOX';
  const lower = wanted.toLowerCase();
  const use = commonNames[lower.replaceAll(/[\s_-]/g, '')];
  const found =
    folders.find(({ path }) => path === wanted) ??
    folders.find(({ path }) => path.toLowerCase() === lower) ??
    folders.find(({ name }) => name.toLowerCase() === lower) ??
    folders.find(({ specialUse }) => use !== undefined && specialUse === use);
  if (found !== undefined) return found.path;
  const known = folders.map(({ path }) => path).join(', ');
  throw new MailboxFailure('other', `There is no folder "${wanted}". Folders: ${known}`, {
    code: 'NONEXISTENT',
  });
}
