import { expect, test } from 'vitest';
import type { ClockCapability } from '../capabilities/index.ts';
import { RunStopped, type StopKind } from '../errors.ts';
import { fakeClock } from '../testing/capabilities.ts';
import { storedDefinition } from '../testing/definitions.ts';
import { endCapabilities, endingBlock } from '../testing/ends.ts';
import { memoryJournal } from '../testing/journal.ts';
import { runDefinition } from '../testing/run.ts';

const pause = { block_type: 'wait', label: 'pause', wait_sec: 60 };
const message = {
  canceled: 'Canceled by user',
  timed_out: 'Too long',
  interrupted: 'Shutting down',
};

/** A run whose sleep is cut short by this stop. */
function stoppable(kind: StopKind) {
  const controller = new AbortController();
  const clock: ClockCapability = {
    now: fakeClock().now,
    async sleep() {
      controller.abort(new RunStopped(kind, message[kind]));
      throw controller.signal.reason;
    },
  };
  const journal = memoryJournal();
  const capabilities = { ...endCapabilities(), clock };
  return { signal: controller.signal, journal, capabilities };
}

const withFinally = storedDefinition(
  [endingBlock('before', 'completed'), pause, endingBlock('last', 'completed')],
  { finally_block_label: 'last' },
);

test.each(['canceled', 'timed_out'] as const)(
  'a run that is %s during a sleep ends so, without its finally block',
  async (kind) => {
    const { result, journal } = await runDefinition(withFinally, stoppable(kind));
    expect(result).toMatchObject({
      status: kind,
      failureReason: message[kind],
      output: { before_output: 'ok' },
    });
    expect(journal.outcome('pause')).toMatchObject({ status: kind, failureReason: message[kind] });
    expect(journal.outcome('last')).toBeUndefined();
  },
);

test.each(['canceled', 'timed_out'] as const)(
  'continue_on_failure does not hold up a run that is %s',
  async (kind) => {
    const definition = storedDefinition([
      { ...pause, continue_on_failure: true },
      endingBlock('later', 'completed'),
    ]);
    const { result, journal } = await runDefinition(definition, stoppable(kind));
    expect(result.status).toBe(kind);
    expect(journal.outcome('later')).toBeUndefined();
  },
);

test('an interrupted run throws, records nothing final and can be taken up again', async () => {
  const options = stoppable('interrupted');
  await expect(runDefinition(withFinally, options)).rejects.toMatchObject({
    name: 'RunStopped',
    kind: 'interrupted',
  });
  expect(options.journal.outcome('pause')).toBeUndefined();
  const journal = options.journal.after(options.journal.events.length);
  const { result } = await runDefinition(withFinally, {
    journal,
    capabilities: endCapabilities(),
  });
  expect(result.status).toBe('completed');
});

test.each(['canceled', 'timed_out'] as const)(
  'a loop whose child is stopped is %s and keeps what it had',
  async (kind) => {
    const loop = {
      block_type: 'for_loop',
      label: 'each',
      loop_variable_reference: '[1, 2]',
      next_loop_on_failure: true,
      loop_blocks: [endingBlock('a', 'completed'), pause],
    };
    const { result, journal } = await runDefinition(storedDefinition([loop]), stoppable(kind));
    expect(result).toMatchObject({ status: kind, failureReason: message[kind] });
    expect(journal.outcome('each')).toMatchObject({
      status: kind,
      failureReason: message[kind],
      output: [[{ output_value: 'ok' }, { output_value: null }]],
    });
    expect(journal.outcome('each[1]/a')).toBeUndefined();
  },
);

test('an interrupted loop throws too', async () => {
  const loop = {
    block_type: 'for_loop',
    label: 'each',
    loop_variable_reference: '[1, 2]',
    loop_blocks: [pause],
  };
  const options = stoppable('interrupted');
  await expect(runDefinition(storedDefinition([loop]), options)).rejects.toMatchObject({
    kind: 'interrupted',
  });
  expect(options.journal.events.some(({ kind }) => kind === 'finish')).toBe(false);
});

test.each(['canceled', 'timed_out'] as const)(
  'a run that was %s before it began runs no block',
  async (kind) => {
    const controller = new AbortController();
    controller.abort(new RunStopped(kind, message[kind]));
    const { result, journal } = await runDefinition(withFinally, { signal: controller.signal });
    expect(result).toMatchObject({ status: kind, failureReason: message[kind], output: null });
    expect(journal.events).toEqual([]);
  },
);

/** A run that is stopped while its code block works. */
function stopInCode(kind: StopKind, outcome: 'completed' | 'failed') {
  const controller = new AbortController();
  const code = {
    async run() {
      controller.abort(new RunStopped(kind, message[kind]));
      return outcome === 'completed'
        ? ({ kind: 'returned', value: 1 } as const)
        : ({ kind: 'raised', type: 'TargetClosed', message: 'page closed' } as const);
    },
  };
  return { signal: controller.signal, journal: memoryJournal(), capabilities: { code } };
}

test('a failure that follows a cancel is the cancel', async () => {
  const definition = storedDefinition([endingBlock('work', 'completed')]);
  const { result, journal } = await runDefinition(definition, stopInCode('canceled', 'failed'));
  expect(result).toMatchObject({ status: 'canceled', failureReason: message.canceled });
  expect(journal.outcome('work')?.status).toBe('canceled');
});

test('a failure that follows an interruption is not recorded', async () => {
  const definition = storedDefinition([endingBlock('work', 'completed')]);
  const options = stopInCode('interrupted', 'failed');
  await expect(runDefinition(definition, options)).rejects.toMatchObject({ kind: 'interrupted' });
  expect(options.journal.outcome('work')).toBeUndefined();
});

test('a cancel during the last block counts, an interruption then does not', async () => {
  const definition = storedDefinition([endingBlock('work', 'completed')]);
  const canceled = await runDefinition(definition, stopInCode('canceled', 'completed'));
  const interrupted = await runDefinition(definition, stopInCode('interrupted', 'completed'));
  expect(canceled.result.status).toBe('canceled');
  expect(canceled.journal.outcome('work')?.status).toBe('completed');
  expect(interrupted.result.status).toBe('completed');
});

test('an interruption before the finally block leaves it to the next life of the run', async () => {
  const definition = storedDefinition(
    [endingBlock('work', 'completed'), endingBlock('last', 'completed')],
    { finally_block_label: 'last' },
  );
  const options = stopInCode('interrupted', 'completed');
  await expect(runDefinition(definition, options)).rejects.toMatchObject({ kind: 'interrupted' });
  expect(options.journal.outcome('last')).toBeUndefined();
});

test.each([
  ['completed', 'canceled', message.canceled],
  ['failed', 'failed', expect.stringContaining('code block failed')],
] as const)(
  'a cancel during the finally block after a %s body: %s',
  async (body, status, reason) => {
    const definition = storedDefinition([endingBlock('work', body), { ...pause, label: 'last' }], {
      finally_block_label: 'last',
    });
    const { result } = await runDefinition(definition, stoppable('canceled'));
    expect(result).toMatchObject({ status, failureReason: reason });
  },
);
