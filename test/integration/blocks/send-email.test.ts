import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type MailServer,
  startMailServer,
} from '../../../packages/server/src/mail/testing/mail-server.ts';
import { type Lapwing, startLapwing } from '../../support/lapwing.ts';
import { runBlocks } from '../../support/runs.ts';

const block = {
  block_type: 'send_email',
  label: 'mail',
  sender: 'robot@a.co',
  recipients: ['ann@b.co', 'no address'],
  subject: 'Rows',
  body: 'See the file',
};

describe('an e-mail', () => {
  let relay: MailServer;
  let site: Server;
  let lapwing: Lapwing;

  beforeAll(async () => {
    relay = await startMailServer({ disabledCommands: ['STARTTLS', 'AUTH'] });
    site = createServer((_request, response) => response.end('a,b\n1,2\n')).listen(0, '127.0.0.1');
    await once(site, 'listening');
    lapwing = await startLapwing({
      LAPWING_SMTP_URL: `smtp://127.0.0.1:${relay.port}`,
      LAPWING_MAIL_FROM: 'Lapwing <lapwing@server.test>',
    });
  });

  afterAll(async () => {
    await lapwing?.close();
    site?.close();
    await relay?.close();
  });

  it('takes the files of the run along, through the mail server of the platform', async () => {
    const { port } = site.address() as AddressInfo;
    const fetched = {
      block_type: 'http_request',
      label: 'fetch',
      url: `http://127.0.0.1:${port}/rows.csv`,
      save_response_as_file: true,
      download_filename: 'rows.csv',
    };
    const attachments = { file_attachments: ['SKYVERN_DOWNLOAD_DIRECTORY'] };
    const run = await runBlocks(lapwing, [fetched, { ...block, ...attachments }]);
    expect(run).toMatchObject({ status: 'completed', output: { mail_output: { success: true } } });
    const arrived = relay.arrived.at(-1);
    expect(arrived).toMatchObject({
      from: 'robot@a.co',
      to: ['ann@b.co', 'robot@a.co'],
      mail: { subject: `Rows - Workflow Run ID: ${run.run_id}`, text: 'See the file' },
    });
    expect(arrived?.mail.attachments).toMatchObject([
      { filename: 'rows.csv', content: Buffer.from('a,b\n1,2\n') },
    ]);
  });

  it('without a sender is from the platform', async () => {
    const run = await runBlocks(lapwing, [{ ...block, sender: '' }]);
    expect(run.status).toBe('completed');
    expect(relay.arrived.at(-1)?.mail.from?.text).toBe('"Lapwing" <lapwing@server.test>');
  });

  it('to a server of its own fails without TLS before the password is sent', async () => {
    const custom = {
      custom_smtp_host: '127.0.0.1',
      custom_smtp_port: relay.port,
      custom_smtp_username: 'me',
      custom_smtp_password: 'hunter-2',
    };
    const run = await runBlocks(lapwing, [{ ...block, ...custom }]);
    expect(run.status).toBe('failed');
    expect(run.output.mail_output).toEqual({
      success: false,
      error: expect.stringMatching(/^The mail server 127\.0\.0\.1:\d+ offers no secure connection/),
    });
    expect(JSON.stringify(run)).not.toContain('hunter-2');
  });

  it('to a server of its own needs no login', async () => {
    const before = relay.arrived.length;
    const custom = { custom_smtp_host: '127.0.0.1', custom_smtp_port: relay.port };
    const run = await runBlocks(lapwing, [{ ...block, ...custom }]);
    expect(run.status).toBe('completed');
    expect(relay.arrived).toHaveLength(before + 1);
  });
});

describe('a server that allows no private hosts', () => {
  let relay: MailServer;
  let lapwing: Lapwing;

  beforeAll(async () => {
    relay = await startMailServer();
    lapwing = await startLapwing({ LAPWING_ALLOW_HOSTS: '' });
  });

  afterAll(async () => {
    await lapwing?.close();
    await relay?.close();
  });

  it.each(['127.0.0.1', 'localhost', '169.254.169.254', '[::ffff:127.0.0.1]', '2130706433'])(
    'connects no e-mail to %s',
    async (host) => {
      const custom = { custom_smtp_host: host, custom_smtp_port: relay.port };
      const run = await runBlocks(lapwing, [{ ...block, ...custom }]);
      expect(run.status).toBe('failed');
      expect(relay.arrived).toEqual([]);
      expect(run.output.mail_output.error).toMatch(/The host ".*" is blocked/);
    },
  );

  it('and has no mail server says what its operator has to set', async () => {
    const run = await runBlocks(lapwing, [block]);
    expect(run.failure_reason).toMatch(
      /Email client configuration is invalid\. .*LAPWING_SMTP_URL/,
    );
    expect(run.output.mail_output).toBeNull();
  });
});
