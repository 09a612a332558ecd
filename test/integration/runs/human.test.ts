import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  type MailServer,
  startMailServer,
} from '../../../packages/server/src/mail/testing/mail-server.ts';
import { script } from '../../support/blocks.ts';
import { type Lapwing, startLapwing } from '../../support/lapwing.ts';
import { addOrganization } from '../../support/organizations.ts';
import {
  ended,
  eventOf,
  rowsOf,
  runBlocks,
  runEvents,
  startRun,
  timeline,
} from '../../support/runs.ts';
import { createServerPlace, type ServerPlace } from '../../support/server-process.ts';

const ask = {
  block_type: 'human_interaction',
  label: 'ask',
  recipients: ['ann@b.co'],
  instructions: 'Pay <b>5 €</b>?',
  positive_descriptor: 'Pay',
  negative_descriptor: 'Stop',
};
const after = script('after', 'return 1');

let relay: MailServer;
beforeAll(async () => {
  relay = await startMailServer({ disabledCommands: ['STARTTLS', 'AUTH'] });
});
afterAll(() => relay.close());

const mailSettings = () => ({
  LAPWING_SMTP_URL: `smtp://127.0.0.1:${relay.port}`,
  LAPWING_MAIL_FROM: 'Lapwing <lapwing@server.test>',
});

const mailsOf = (runId: string) =>
  relay.arrived.filter(({ mail }) => mail.subject?.endsWith(runId) === true);

/** Resolves when the run is paused and its e-mail is there; with the two addresses in it. */
async function asked(lapwing: Pick<Lapwing, 'url' | 'apiKey'>, runId: string) {
  const { data } = await eventOf(
    lapwing,
    runId,
    ({ type, data }) => type === 'run.status' && data.status === 'paused',
  );
  const text = await vi.waitFor(() => mailsOf(runId)[0]?.mail.text ?? Promise.reject('no mail'), {
    timeout: 10_000,
  });
  const address = (decision: string) =>
    new URL(new RegExp(`^http.*decision=${decision}.*$`, 'm').exec(text)?.[0] ?? '');
  const pausedAt: string = data.created_at;
  return { text, pausedAt, approve: address('approve'), reject: address('reject') };
}

/** Resolves when the block's row was written to after the pause: the e-mail is noted as sent. */
const noted = (lapwing: Pick<Lapwing, 'request'>, runId: string, pausedAt: string) =>
  vi.waitFor(async () => {
    const [row] = rowsOf(await timeline(lapwing, runId));
    expect(Date.parse(`${row?.modified_at}Z`)).toBeGreaterThan(Date.parse(`${pausedAt}Z`));
  });

/** The same address on a server that was started again. */
const on = (lapwing: Pick<Lapwing, 'url'>, { pathname, search }: URL) =>
  new URL(pathname + search, lapwing.url);

describe('a run that waits for a person', () => {
  let lapwing: Lapwing;
  beforeAll(async () => {
    lapwing = await startLapwing({ ...mailSettings(), LAPWING_SLOTS: '1' });
  });
  afterAll(() => lapwing.close());

  async function startAsking(fields: object = {}): Promise<string> {
    const blocks = [{ ...ask, ...fields }, after];
    return startRun(lapwing, await lapwing.createWorkflow({ blocks }));
  }

  it('is paused, shows what it asks, and goes on when it is continued', async () => {
    const runId = await startAsking();
    const { text } = await asked(lapwing, runId);
    expect(text).toContain('Pay <b>5 €</b>?');
    expect(text).toContain(`${lapwing.url}/v1/runs/${runId}`);
    expect(mailsOf(runId)[0]).toMatchObject({ from: 'lapwing@server.test', to: ['ann@b.co'] });
    expect((await lapwing.request('GET', `/v1/runs/${runId}`)).body.status).toBe('paused');
    const [row] = rowsOf(await timeline(lapwing, runId));
    expect(row).toMatchObject({
      status: 'running',
      instructions: 'Pay <b>5 €</b>?',
      positive_descriptor: 'Pay',
      negative_descriptor: 'Stop',
    });

    const path = `/v1/workflows/runs/${runId}/continue`;
    expect(await lapwing.request('POST', path)).toMatchObject({ status: 200, body: null });
    expect(await ended(lapwing, runId)).toMatchObject({
      status: 'completed',
      output: { ask_output: { success: true, reason: 'status_changed:running' }, after_output: 1 },
    });
    const statuses: string[] = [];
    for await (const { type, data } of runEvents(lapwing, runId)) {
      if (type === 'run.status') statuses.push(data.status);
    }
    expect(statuses).toEqual(['queued', 'running', 'paused', 'running', 'completed']);
    expect((await lapwing.request('POST', path)).status).toBe(404);
  });

  it('can be continued under the legacy address, by its own organization only', async () => {
    const runId = await startAsking();
    await asked(lapwing, runId);
    const path = `/api/v1/workflows/runs/${runId}/continue`;
    const other = await addOrganization(lapwing, 'stranger');
    expect((await lapwing.request('POST', path, undefined, other.headers)).status).toBe(404);
    expect((await lapwing.request('POST', path)).status).toBe(200);
    expect((await ended(lapwing, runId)).status).toBe('completed');
  });

  it.each(['wr_1', 'x'])('cannot be continued when there is none: %s', async (runId) => {
    const answer = await lapwing.request('POST', `/v1/workflows/runs/${runId}/continue`);
    expect(answer.status).toBe(404);
  });

  it('is approved by the button behind the link, not by opening it, and once only', async () => {
    const runId = await startAsking();
    const { approve } = await asked(lapwing, runId);
    const page = await fetch(approve);
    expect(page.status).toBe(200);
    expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(page.headers.get('content-security-policy')).toContain("default-src 'none'");
    const html = await page.text();
    expect(html).toContain('Pay &lt;b&gt;5 €&lt;/b&gt;?');
    expect(html).toContain('<form method="post"><button>Pay</button></form>');
    expect((await lapwing.request('GET', `/v1/runs/${runId}`)).body.status).toBe('paused');

    // As a browser sends the form.
    const headers = { 'content-type': 'application/x-www-form-urlencoded' };
    const post = () => fetch(approve, { method: 'POST', headers, body: '' });
    const given = await post();
    expect([given.status, await given.text()]).toEqual([200, expect.stringContaining('Thank you')]);
    expect((await ended(lapwing, runId)).status).toBe('completed');
    const again = await post();
    expect(again.status).toBe(404);
    expect(await again.text()).toContain('answered already');
  });

  it('is canceled by the other link, which leaves a completed block behind', async () => {
    const runId = await startAsking();
    const { reject, approve } = await asked(lapwing, runId);
    expect((await fetch(reject, { method: 'POST' })).status).toBe(200);
    const run = await ended(lapwing, runId);
    expect(run).toMatchObject({
      status: 'canceled',
      output: { ask_output: { success: true, reason: 'status_changed:canceled' } },
    });
    expect(run.output).not.toHaveProperty('after_output');
    expect((await fetch(approve, { method: 'POST' })).status).toBe(404);
  });

  it.each([
    ['decision', 'approve'],
    ['expiry', '99999999999'],
    ['block', 'wrb_1'],
    ['sig', 'AAAA'],
  ])('is not answered by a link whose %s was changed', async (name, value) => {
    const runId = await startAsking();
    const { reject } = await asked(lapwing, runId);
    const changed = new URL(reject);
    changed.searchParams.set(name, value);
    for (const method of ['GET', 'POST']) {
      const answer = await fetch(changed, { method });
      expect(answer.status).toBe(403);
      expect(await answer.text()).toContain('This address is wrong');
    }
    expect((await lapwing.request('GET', `/v1/runs/${runId}`)).body.status).toBe('paused');
    await lapwing.request('POST', `/v1/runs/${runId}/cancel`);
  });

  it('is not answered by the link of an earlier pause of the same run', async () => {
    const blocks = [ask, { ...ask, label: 'again' }];
    const runId = await startRun(lapwing, await lapwing.createWorkflow({ blocks }));
    const { approve } = await asked(lapwing, runId);
    await fetch(approve, { method: 'POST' });
    await vi.waitFor(() => expect(mailsOf(runId)).toHaveLength(2), { timeout: 10_000 });
    expect((await fetch(approve, { method: 'POST' })).status).toBe(404);
    await lapwing.request('POST', `/v1/workflows/runs/${runId}/continue`);
    expect((await ended(lapwing, runId)).status).toBe('completed');
  });

  it('fails when nobody answers in time', async () => {
    const runId = await startAsking({ timeout_seconds: 1 });
    expect(await ended(lapwing, runId)).toMatchObject({
      status: 'failed',
      failure_reason:
        'human_interaction block timed out. Reason: Timeout elapsed with no human interaction',
      output: {
        ask_output: { success: false, reason: 'Timeout elapsed with no human interaction' },
      },
    });
  });

  it('lends its slot to other runs meanwhile', async () => {
    const runId = await startAsking();
    await asked(lapwing, runId);
    expect((await runBlocks(lapwing, [after])).status).toBe('completed');
    await lapwing.request('POST', `/v1/workflows/runs/${runId}/continue`);
    expect((await ended(lapwing, runId)).status).toBe('completed');
  });

  it('is still paused after a restart, and answered by the same link without a second e-mail', async () => {
    const runId = await startAsking();
    const { approve, pausedAt } = await asked(lapwing, runId);
    await noted(lapwing, runId, pausedAt);
    await lapwing.restart();
    expect((await lapwing.request('GET', `/v1/runs/${runId}`)).body.status).toBe('paused');
    expect((await fetch(on(lapwing, approve), { method: 'POST' })).status).toBe(200);
    expect((await ended(lapwing, runId)).status).toBe('completed');
    expect(mailsOf(runId)).toHaveLength(1);
  });
});

describe('without a mail server', () => {
  let lapwing: Lapwing;
  beforeAll(async () => {
    lapwing = await startLapwing();
  });
  afterAll(() => lapwing.close());

  it('the block fails, and the run goes on as the workflow says', async () => {
    const run = await runBlocks(lapwing, [{ ...ask, continue_on_failure: true }, after]);
    expect(run).toMatchObject({ status: 'completed', output: { after_output: 1 } });
    expect(run.output).not.toHaveProperty('ask_output');
    const row = rowsOf(await timeline(lapwing, run.run_id)).find(({ label }) => label === 'ask');
    expect(row?.failure_reason).toMatch(
      /^Failed to send human interaction email: .*LAPWING_SMTP_URL/,
    );
  });
});

describe('when the server is killed', () => {
  let place: ServerPlace;
  beforeEach(async () => {
    place = await createServerPlace();
  });
  afterEach(() => place.remove());

  it('a paused run waits for the rest of its time, and asks nobody twice', async () => {
    const first = await place.start(mailSettings());
    const create = async (fields: object) => {
      const workflow_definition = { parameters: [], blocks: [{ ...ask, ...fields }, after] };
      const json_definition = { title: 'Kill', workflow_definition };
      const { body } = await first.request('POST', '/v1/workflows', { json_definition });
      return startRun(first, body.workflow_permanent_id);
    };
    const [patient, hasty] = [await create({}), await create({ timeout_seconds: 6 })];
    const { approve, pausedAt } = await asked(first, patient);
    const asking = await asked(first, hasty);
    await noted(first, patient, pausedAt);
    await noted(first, hasty, asking.pausedAt);
    first.signal('SIGKILL');
    await first.exited;

    const second = await place.start(mailSettings());
    expect(await ended(second, hasty)).toMatchObject({
      status: 'failed',
      failure_reason: expect.stringContaining('Timeout elapsed'),
    });
    const [row] = rowsOf(await timeline(second, hasty));
    expect(row?.duration).toBeGreaterThanOrEqual(6);
    expect((await fetch(on(second, approve), { method: 'POST' })).status).toBe(200);
    expect((await ended(second, patient)).status).toBe('completed');
    for (const runId of [patient, hasty]) expect(mailsOf(runId)).toHaveLength(1);
  });
});
