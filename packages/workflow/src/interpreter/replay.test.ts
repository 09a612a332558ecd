import { expect, test } from 'vitest';
import type { Capabilities } from '../capabilities/index.ts';
import { fakeBrowser, fakeCode, fakeFiles, fakeHttp, jsonAnswer } from '../testing/capabilities.ts';
import { storedDefinition } from '../testing/definitions.ts';
import { type MemoryJournal, memoryJournal } from '../testing/journal.ts';
import { runDefinition } from '../testing/run.ts';

const code = (label: string, source: string, fields: Record<string, unknown> = {}) => ({
  block_type: 'code',
  label,
  code: source,
  ...fields,
});

const choose = {
  block_type: 'conditional',
  label: 'choose',
  branch_conditions: [
    {
      id: 'b0',
      criteria: { expression: '{{ current_value.amount > 100 }}' },
      next_block_label: 'approve',
      is_default: false,
    },
    { id: 'b1', criteria: null, next_block_label: 'reject', is_default: true },
  ],
};

const definition = storedDefinition(
  [
    { block_type: 'goto_url', label: 'open', url: 'https://x.test/' },
    {
      block_type: 'http_request',
      label: 'report',
      url: 'https://x.test/report',
      save_response_as_file: true,
      download_filename: 'report.json',
    },
    {
      block_type: 'for_loop',
      label: 'each_order',
      loop_over_parameter_key: 'orders',
      next_loop_on_failure: true,
      loop_blocks: [
        choose,
        code('approve', 'approve {{ current_value.id }}'),
        code('reject', 'fail', { continue_on_failure: true }),
      ],
    },
    {
      block_type: 'while_loop',
      label: 'again',
      condition: { expression: '{{ current_index < 3 }}' },
      loop_blocks: [
        {
          block_type: 'for_loop',
          label: 'inner',
          loop_variable_reference: '["a", "b"]',
          loop_blocks: [
            {
              block_type: 'http_request',
              label: 'post',
              method: 'POST',
              url: 'https://x.test/',
              body: { seen: '{{ approve_output }} {{ current_value }}' },
            },
          ],
        },
      ],
    },
    { block_type: 'wait', label: 'pause', wait_sec: 5 },
    { block_type: 'goto_url', label: 'back', url: 'https://x.test/' },
    code('sum', '{{ workflow_run_summary.status }} {{ workflow_run_outputs.again | length }}'),
    code('tidy', 'tidy {{ each_order_output | length }}'),
  ],
  { finally_block_label: 'tidy' },
);
const parameters = {
  orders: [
    { id: 1, amount: 500 },
    { id: 2, amount: 5 },
    { id: 3, amount: 900 },
  ],
};

/** A world that remembers its effects. The file of a finished download is there already. */
function world(journal: MemoryJournal) {
  const files = fakeFiles();
  if (journal.outcome('report') !== undefined) {
    files.add('report.json', '{}');
  }
  const effects: string[] = [];
  const capabilities: Partial<Capabilities> = {
    files,
    browser: fakeBrowser({
      async goto(url) {
        effects.push('goto');
        return { url, status: 200 };
      },
      screenshot: async () => 'a_shot',
    }),
    code: fakeCode(({ code: source }) => {
      effects.push(source);
      return source === 'fail'
        ? { kind: 'error_code', code: 'NO', reasoning: 'rejected' }
        : { kind: 'returned', value: source };
    }),
    http: fakeHttp(({ method, headers }) => {
      effects.push(`${method} ${headers['Idempotency-Key'] ?? ''}`);
      return jsonAnswer(200, { ok: true });
    }),
  };
  return { capabilities, effects };
}

async function live(journal: MemoryJournal) {
  const { capabilities, effects } = world(journal);
  const { result } = await runDefinition(definition, { journal, capabilities, parameters });
  return { result, effects };
}

/** How many effects the finished visits of a journal have had. */
function finishedEffects(journal: MemoryJournal): number {
  const withEffect = /(^|\/)(open|report|approve|reject|post|back|sum|tidy)$/;
  return journal.events.filter(({ kind, path }) => kind === 'finish' && withEffect.test(path))
    .length;
}

test('a run taken up after any event ends the same, and runs each finished block once', async () => {
  const first = memoryJournal();
  const whole = await live(first);
  expect(whole.result).toMatchObject({ status: 'completed', stepCount: 7 });
  expect(first.events.length).toBeGreaterThan(50);

  for (let count = 0; count <= first.events.length; count += 1) {
    const journal = first.after(count);
    const done = finishedEffects(journal);
    const { result, effects } = await live(journal);
    expect(result, `after ${count} events`).toEqual(whole.result);
    expect(effects, `after ${count} events`).toEqual(whole.effects.slice(done));
    expect(finalOutcomes(journal)).toEqual(finalOutcomes(first));
  }
});

function finalOutcomes(journal: MemoryJournal) {
  return journal.events.filter(({ kind }) => kind === 'finish');
}

test('a run that is over is replayed without running or recording anything', async () => {
  const first = memoryJournal();
  const whole = await live(first);
  const again = first.after(first.events.length);
  const { result, effects } = await live(again);
  expect(result).toEqual(whole.result);
  expect(effects).toEqual([]);
  expect(again.events).toEqual(first.events);
});

test('the values of a loop stay those of its first life', async () => {
  const loop = {
    block_type: 'for_loop',
    label: 'each',
    loop_variable_reference: 'items',
    loop_blocks: [code('a', '{{ current_value }}')],
  };
  const first = await runDefinition(storedDefinition([loop]), {
    parameters: { items: ['old', 'older'] },
    capabilities: world(memoryJournal()).capabilities,
  });
  const firstChild = first.journal.events.findIndex(({ kind }) => kind === 'finish') + 1;
  const journal = first.journal.after(firstChild);
  const second = await runDefinition(storedDefinition([loop]), {
    parameters: { items: ['new'] },
    capabilities: world(journal).capabilities,
    journal,
  });
  expect(second.result.output).toEqual(first.result.output);
});

test('a loop of 1000 items is replayed quickly', async () => {
  const loop = {
    block_type: 'for_loop',
    label: 'each',
    loop_over_parameter_key: 'items',
    loop_blocks: [code('a', 'x')],
  };
  const options = {
    parameters: { items: Array.from({ length: 1000 }, (_, index) => ({ index })) },
    capabilities: world(memoryJournal()).capabilities,
  };
  const first = await runDefinition(storedDefinition([loop]), options);
  const journal = first.journal.after(first.journal.events.length);
  const begun = performance.now();
  await runDefinition(storedDefinition([loop]), { ...options, journal });
  expect(performance.now() - begun).toBeLessThan(1000);
});

test('a journal that fails inside a loop is no failure of a block: the run can be taken up again', async () => {
  const loop = {
    block_type: 'for_loop',
    label: 'each',
    loop_variable_reference: '[1, 2]',
    loop_blocks: [code('a', '{{ current_value }}', { continue_on_failure: true })],
  };
  const journal = memoryJournal();
  const { capabilities } = world(journal);
  const failing = {
    ...journal,
    begin: async (visit: Parameters<typeof journal.begin>[0]) => {
      if (visit.path === 'each[1]/a') {
        throw new Error('database gone');
      }
      return await journal.begin(visit);
    },
  };
  const definition = storedDefinition([loop]);
  await expect(runDefinition(definition, { journal: failing, capabilities })).rejects.toThrow(
    'database gone',
  );
  expect(journal.outcome('each')).toBeUndefined();
  const { result } = await runDefinition(definition, { journal, capabilities });
  expect(result.output).toMatchObject({
    each_output: [[{ output_value: '1' }], [{ output_value: '2' }]],
  });
});
