import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Dovecot, hasDovecot, startDovecot } from '../../support/dovecot.ts';
import { type Lapwing, startLapwing } from '../../support/lapwing.ts';
import { runBlocks } from '../../support/runs.ts';

const plain = `From: Ann Lee <ann@supplier.co>
To: desk@lapwing.test, "Bob" <bob@lapwing.test>
Cc: cy@lapwing.test
Subject: =?utf-8?q?Rechnung_f=C3=BCr_M=C3=A4rz?=
Date: Thu, 02 Jan 2025 04:04:05 +0100
Message-ID: <one@supplier.co>
MIME-Version: 1.0
Content-Type: text/plain; charset=iso-8859-1
Content-Transfer-Encoding: quoted-printable

Gr=FC=DFe,
  two   lines
`;

const withFile = `From: billing@shop.co
To: desk@lapwing.test
Subject: Invoice 7
Date: Fri, 03 Jan 2025 10:00:00 +0000
Message-ID: <two@shop.co>
In-Reply-To: <one@supplier.co>
References: <root@supplier.co> <one@supplier.co>
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary=outer

--outer
Content-Type: multipart/alternative; boundary=inner

--inner
Content-Type: text/html; charset=utf-8

<html><style>p { color: red }</style><p>Total: <b>12&nbsp;EUR</b></p></html>
--inner--
--outer
Content-Type: application/pdf; name="invoice.pdf"
Content-Disposition: attachment; filename="invoice.pdf"
Content-Transfer-Encoding: base64

JVBERi0=
--outer--
`;

const bill =
  'From: power@grid.co\nSubject: Electricity\nDate: Sat, 04 Jan 2025 10:00:00 +0000\n\nPay\n';

const block = { block_type: 'email_inbox', label: 'inbox', email_client: 'gmail' };

describe.skipIf(!hasDovecot())('a mailbox of the server', () => {
  let dovecot: Dovecot;
  let lapwing: Lapwing;

  beforeAll(async () => {
    dovecot = await startDovecot();
    const longAgo = new Date(Date.now() - 40 * 24 * 60 * 60 * 1000);
    await dovecot.deliver({ source: plain, date: longAgo, isRead: true });
    await dovecot.deliver({ source: withFile });
    await dovecot.deliver({ source: bill, folder: 'Bills' });
    await dovecot.deliver({ source: bill, folder: 'Sent Items' });
    lapwing = await startLapwing({ LAPWING_IMAP_URL: dovecot.url });
  });

  afterAll(async () => {
    await lapwing?.close();
    await dovecot?.close();
  });

  async function search(fields: object = {}) {
    const run = await runBlocks(lapwing, [{ ...block, ...fields }]);
    return { run, output: run.output?.inbox_output ?? run.output?.inbox };
  }

  it('is read newest first, in the shape of the reference', async () => {
    const { run, output } = await search({ credential_id: 'cred_1' });
    expect(run.failure_reason).toBeNull();
    expect(output).toMatchObject({ folder: 'INBOX', candidate_count: 2, matched_count: 2 });
    const [second, first] = output.emails;
    expect(second).toMatchObject({
      thread_id: '<root@supplier.co>',
      subject: 'Invoice 7',
      from_email: 'billing@shop.co',
      from_name: null,
      to: ['desk@lapwing.test'],
      cc: [],
      date: '2025-01-03T10:00:00Z',
      snippet: 'Total: 12 EUR',
      body_text: 'Total: 12\u00a0EUR',
      body_html: expect.stringContaining('<b>12&nbsp;EUR</b>'),
      has_attachments: true,
      attachments: [
        { name: 'invoice.pdf', mime_type: 'application/pdf', size: 8, attachment_id: '2' },
      ],
      is_read: false,
      web_link: null,
    });
    expect(first).toMatchObject({
      thread_id: '<one@supplier.co>',
      subject: 'Rechnung für März',
      from_email: 'ann@supplier.co',
      from_name: 'Ann Lee',
      to: ['desk@lapwing.test', 'bob@lapwing.test'],
      cc: ['cy@lapwing.test'],
      date: '2025-01-02T03:04:05Z',
      snippet: 'Grüße, two lines',
      body_text: 'Grüße,\n  two   lines\n',
      body_html: null,
      has_attachments: false,
      attachments: [],
      is_read: true,
    });
  });

  it('stays unread', async () => {
    await search();
    expect(await dovecot.readMarks()).toEqual([true, false]);
  });

  it.each([
    ['a sender', { sender: 'SUPPLIER.CO' }, ['Rechnung für März']],
    ['a part of the subject, in any letters', { subject: 'märz' }, ['Rechnung für März']],
    ['an age', { newer_than_days: 30 }, ['Invoice 7']],
    ['a number', { max_results: 1 }, ['Invoice 7']],
    ['all at once', { sender: 'shop', subject: 'Rechnung' }, []],
    ['a folder', { folder: 'bills' }, ['Electricity']],
    ['the common name of a folder', { folder: 'sent' }, ['Electricity']],
  ])('is searched by %s', async (_, fields, subjects) => {
    const { run, output } = await search(fields);
    expect(run.status).toBe('completed');
    expect(output.emails.map(({ subject }: { subject: string }) => subject)).toEqual(subjects);
  });

  it('gives snippets without bodies', async () => {
    const { output } = await search({ include_body: false });
    expect(output.emails).toMatchObject([
      { snippet: 'Total: 12 EUR', body_text: null, body_html: null },
      { snippet: 'Grüße, two lines', body_text: null, body_html: null },
    ]);
  });

  it('fails for a folder that is not there, and names those that are', async () => {
    const { run, output } = await search({ folder: 'Nowhere' });
    expect(run.status).toBe('failed');
    expect(run.failure_reason).toMatch(/Gmail email fetch failed: .*"Nowhere".*Bills/);
    expect(output).toMatchObject({ status_code: null, code: 'NONEXISTENT' });
  });
});

describe.skipIf(!hasDovecot())('a mailbox with a wrong password', () => {
  let dovecot: Dovecot;
  let lapwing: Lapwing;

  beforeAll(async () => {
    dovecot = await startDovecot();
    const url = dovecot.url.replace(dovecot.password, 'wr0ng-w0rd');
    lapwing = await startLapwing({ LAPWING_IMAP_URL: url });
  });

  afterAll(async () => {
    await lapwing?.close();
    await dovecot?.close();
  });

  it('must be connected again, and the password is not shown', async () => {
    const run = await runBlocks(lapwing, [block]);
    expect(run.status).toBe('failed');
    expect(run.failure_reason).toMatch(/Reconnect the Gmail account: 127\.0\.0\.1:\d+ refuses/);
    expect(JSON.stringify(run)).not.toContain('wr0ng-w0rd');
  });
});

describe('a server without a mailbox', () => {
  it('says what its operator has to set', async () => {
    const lapwing = await startLapwing();
    try {
      const run = await runBlocks(lapwing, [{ ...block, credential_id: 'cred_1' }]);
      expect(run.failure_reason).toMatch(/cred_1 cannot be used.*LAPWING_IMAP_URL/);
    } finally {
      await lapwing.close();
    }
  });
});
