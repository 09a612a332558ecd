import { MailboxFailure } from '@lapwing/workflow';
import { expect, test } from 'vitest';
import { findFolder } from './imap-folder.ts';

const folders = [
  { path: 'INBOX', name: 'INBOX', specialUse: '\\Inbox' },
  { path: '[Gmail]/Sent Mail', name: 'Sent Mail', specialUse: '\\Sent' },
  { path: 'Work/Bills', name: 'Bills' },
  { path: 'Spam', name: 'Spam', specialUse: '\\Junk' },
];

test.each([
  [null, 'INBOX'],
  ['inbox', 'INBOX'],
  ['Work/Bills', 'Work/Bills'],
  ['work/bills', 'Work/Bills'],
  ['bills', 'Work/Bills'],
  ['SENT', '[Gmail]/Sent Mail'],
  ['sentitems', '[Gmail]/Sent Mail'],
  ['Sent Items', '[Gmail]/Sent Mail'],
  ['junkemail', 'Spam'],
])('the folder %j is %s', (wanted, path) => {
  expect(findFolder(folders, wanted)).toBe(path);
});

test.each(['Nowhere', 'archive'])('%s is not there, and the folders are named', (wanted) => {
  expect(() => findFolder(folders, wanted)).toThrow(MailboxFailure);
  expect(() => findFolder(folders, wanted)).toThrow(
    /INBOX, \[Gmail\]\/Sent Mail, Work\/Bills, Spam/,
  );
});
