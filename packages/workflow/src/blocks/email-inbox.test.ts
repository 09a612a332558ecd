import { expect, test } from 'vitest';
import { type InboxMail, type InboxQuery, MailboxFailure } from '../capabilities/mail.ts';
import { fakeMail } from '../testing/mail.ts';
import { runOneBlock } from '../testing/run.ts';

const block = { block_type: 'email_inbox', label: 'inbox', email_client: 'gmail' };

const message: InboxMail = {
  id: '18f',
  thread_id: '18f',
  subject: 'Hi',
  from_email: 'a@b.co',
  from_name: 'A',
  to: ['c@d.co'],
  cc: [],
  date: '2025-01-02T03:04:05Z',
  snippet: 'Hi',
  body_text: 'Hi there',
  body_html: null,
  has_attachments: true,
  attachments: [{ name: 'x.pdf', mime_type: 'application/pdf', size: 10, attachment_id: '2' }],
  is_read: false,
  web_link: null,
};

/** Runs the block against a mailbox with these messages. */
async function search(fields: Record<string, unknown>, emails: readonly InboxMail[] = []) {
  const queries: InboxQuery[] = [];
  const mail = fakeMail({
    search: (query) => {
      queries.push(query);
      return emails;
    },
  });
  const outcome = await runOneBlock(
    { ...block, ...fields },
    { capabilities: { mail }, parameters: { who: 'ann' } },
  );
  return { outcome, query: queries[0] };
}

test('messages come in the shape of the reference', async () => {
  const { outcome } = await search({}, [message]);
  expect(outcome).toMatchObject({ status: 'completed' });
  expect(outcome.output).toEqual({
    email_client: 'gmail',
    folder: 'INBOX',
    candidate_count: 1,
    matched_count: 1,
    emails: [message],
  });
});

test('no match is completed', async () => {
  const { outcome } = await search({ email_client: 'outlook' });
  expect(outcome).toMatchObject({
    status: 'completed',
    output: { folder: 'inbox', candidate_count: 0, matched_count: 0, emails: [] },
  });
});

test('fields become the query, with the age as a time', async () => {
  const { query } = await search({
    folder: ' Bills ',
    sender: '{{ who }}@',
    subject: 'invoice',
    newer_than_days: 2,
    max_results: 7,
    include_body: false,
  });
  expect(query).toEqual({
    folder: 'Bills',
    sender: 'ann@',
    subject: 'invoice',
    after: new Date('2024-12-31T03:04:05Z'),
    maxResults: 7,
    includeBody: false,
  });
});

test.each([
  [0, 1],
  [100_000, 500],
])('max_results %i is taken as %i', async (max_results, maxResults) => {
  const { query } = await search({ max_results });
  expect(query).toMatchObject({ maxResults, folder: null, sender: null, after: null });
});

test('a prompt fails, naming the agent', async () => {
  const { outcome, query } = await search({ prompt: 'Find invoices' });
  expect(outcome.status).toBe('failed');
  expect(outcome.failureReason).toMatch(/needs a model, which comes with the agent/);
  expect(query).toBeUndefined();
});

test.each([
  ['not_set_up', { credential_id: 'cred_1' }, /^The Gmail account cred_1 cannot be used: .* vault/],
  ['not_set_up', {}, /^Gmail credential_id is required\. no mailbox$/],
  ['login', {}, /^Reconnect the Gmail account: no mailbox$/],
  ['other', { email_client: 'outlook' }, /^Outlook email fetch failed: no mailbox$/],
] as const)('a failure of kind %s with %j is told', async (kind, fields, reason) => {
  const mail = fakeMail({
    search: () => {
      throw new MailboxFailure(kind, 'no mailbox', { code: 'X' });
    },
  });
  const outcome = await runOneBlock({ ...block, ...fields }, { capabilities: { mail } });
  expect(outcome.status).toBe('failed');
  expect(outcome.failureReason).toMatch(reason);
  expect(outcome.output).toEqual({ status_code: null, code: 'X', error: 'no mailbox' });
});
