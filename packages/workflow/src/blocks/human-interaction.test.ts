import { expect, test } from 'vitest';
import { BlockFailure, RunStopped } from '../errors.ts';
import { fakeClock } from '../testing/capabilities.ts';
import { memoryJournal } from '../testing/journal.ts';
import { fakeMail } from '../testing/mail.ts';
import { fakePeople } from '../testing/people.ts';
import { runBlocks, runOneBlock } from '../testing/run.ts';

const block = {
  block_type: 'human_interaction',
  label: 'ask',
  recipients: ['ann@b.co'],
  instructions: 'Check order {{ order }}.',
  positive_descriptor: 'Pay',
  negative_descriptor: 'Stop',
  timeout_seconds: 600,
  subject: 'Order {{ order }}',
  body: 'Hello',
};
const parameters = { order: 'A-1' };

test('it pauses the run, asks by e-mail with two answers, and goes on when one is given', async () => {
  const mail = fakeMail();
  const people = fakePeople();
  const outcome = await runOneBlock(block, { parameters, capabilities: { mail, people } });
  expect(outcome).toMatchObject({
    status: 'completed',
    output: { success: true, reason: 'status_changed:running' },
    details: {
      instructions: 'Check order A-1.',
      positive_descriptor: 'Pay',
      negative_descriptor: 'Stop',
    },
  });
  expect(people.calls).toEqual(['pause', 'answer']);
  expect(mail.sent).toEqual([
    {
      server: null,
      mail: {
        sender: null,
        recipients: ['ann@b.co'],
        bcc: [],
        subject: 'Order A-1 - Workflow Run ID: wr_1',
        attachments: [],
        text: [
          'Hello',
          'Check order A-1.',
          'Pay:\nhttps://lapwing.test/approve?until=2025-01-02T03:14:05.000Z',
          'Stop:\nhttps://lapwing.test/reject?until=2025-01-02T03:14:05.000Z',
          'Whoever has these addresses can answer, until 2025-01-02 03:14 UTC. The run:\nhttps://lapwing.test/run',
        ].join('\n\n'),
      },
    },
  ]);
});

test('nobody answers in time: it has timed out, and the run fails', async () => {
  const people = fakePeople(() => null);
  const { result, journal } = await runBlocks([block], { parameters, capabilities: { people } });
  expect(journal.outcome('ask')).toMatchObject({
    status: 'timed_out',
    output: { success: false, reason: 'Timeout elapsed with no human interaction' },
  });
  expect(result).toMatchObject({
    status: 'failed',
    failureReason:
      'human_interaction block timed out. Reason: Timeout elapsed with no human interaction',
  });
});

test('a rejected run leaves a completed block behind', async () => {
  const people = fakePeople(() => 'canceled');
  const outcome = await runOneBlock(block, { parameters, capabilities: { people } });
  expect(outcome).toMatchObject({
    status: 'completed',
    output: { success: true, reason: 'status_changed:canceled' },
  });
});

test.each([
  [
    'the mail server refuses it',
    {},
    () => {
      throw new BlockFailure('The mail server is away', { output: null });
    },
    'The mail server is away',
  ],
  ['no recipient is an address', { recipients: ['ann'] }, undefined, 'No valid recipient: ann'],
  ['the sender is none', { sender: 'robot' }, undefined, 'The sender robot is no e-mail address'],
])(
  'the block fails without output, and the run is not paused, when %s',
  async (_, fields, send, reason) => {
    const people = fakePeople();
    const mail = fakeMail(send === undefined ? {} : { send });
    const outcome = await runOneBlock(
      { ...block, ...fields },
      { parameters, capabilities: { mail, people } },
    );
    expect(outcome).toMatchObject({
      status: 'failed',
      failureReason: `Failed to send human interaction email: ${reason}`,
    });
    expect(outcome.output).toBeUndefined();
    expect(people.calls).toEqual(['pause', 'go on']);
  },
);

test('taken up again it sends no second e-mail and keeps its time', async () => {
  const until = '2025-01-02T04:00:00.000Z';
  const journal = memoryJournal([
    { kind: 'begin', path: 'ask', parentPath: null },
    { kind: 'note', path: 'ask', notes: { until, mailed: true } },
  ]);
  const mail = fakeMail();
  const asked: Date[] = [];
  const people = fakePeople((end) => {
    asked.push(end);
    return 'running';
  });
  const capabilities = { mail, people, clock: fakeClock('2025-01-02T03:59:00Z') };
  const outcome = await runOneBlock(block, { parameters, journal, capabilities });
  expect(outcome.status).toBe('completed');
  expect(mail.sent).toEqual([]);
  expect(people.calls).toEqual(['answer']);
  expect(asked).toEqual([new Date(until)]);
});

test('an interruption before the e-mail is noted records nothing, so that it is sent again', async () => {
  const stop = new RunStopped('interrupted', 'The worker is shutting down');
  const mail = fakeMail({
    send: () => {
      throw stop;
    },
  });
  const people = fakePeople();
  const journal = memoryJournal();
  const running = runOneBlock(block, { parameters, journal, capabilities: { mail, people } });
  await expect(running).rejects.toBe(stop);
  expect(journal.outcome('ask')).toBeUndefined();
  expect(people.calls).toEqual(['pause']);
});

test.each([
  ['a sender of its own is kept', 'Ann <ann@b.co>', 'Ann <ann@b.co>'],
  ['the default of the wire format stands for the sender of the server', undefined, null],
])('%s', async (_, sender, expected) => {
  const mail = fakeMail();
  await runOneBlock(sender === undefined ? block : { ...block, sender }, {
    parameters,
    capabilities: { mail },
  });
  expect(mail.sent[0]?.mail.sender).toBe(expected);
});
