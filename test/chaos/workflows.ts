import { open, script } from '../support/blocks.ts';

/** A kind of run, and what it is to have done. */
export interface Scenario {
  readonly name: string;
  readonly browser: boolean;
  readonly blocks: (receiver: string, site: string) => readonly object[];
  /** The steps that the receiver hears of, in the order in which they are done. */
  readonly steps: readonly string[];
  /** Steps that are never done twice: not even when nobody knows whether they were done. */
  readonly once: readonly string[];
}

const items = [0, 1, 2, 3];
const nonce = script('nonce', 'return { value: String(Math.random()) }');

const call = (
  receiver: string,
  label: string,
  {
    method = 'GET',
    step = label,
    ...fields
  }: { method?: string; step?: string; [field: string]: unknown } = {},
) => ({
  block_type: 'http_request',
  label,
  method,
  url: `${receiver}/call?run={{ name }}&step=${step}&nonce={{ nonce_output.value }}`,
  ...fields,
});

const wait = (label: string, seconds: number) => ({
  block_type: 'wait',
  label,
  wait_sec: seconds,
});

const loop = (label: string, blocks: readonly object[]) => ({
  block_type: 'for_loop',
  label,
  loop_variable_reference: `{{ range(${items.length}) | list }}`,
  loop_blocks: blocks,
});

/** What the runs of a chaos test do. */
export const scenarios: readonly Scenario[] = [
  {
    name: 'payments in a loop',
    browser: false,
    blocks: (receiver) => [
      nonce,
      call(receiver, 'begin'),
      loop('each', [
        call(receiver, 'look', { step: 'look-{{ current_value }}' }),
        call(receiver, 'pay', { method: 'POST', step: 'pay-{{ current_value }}' }),
      ]),
      call(receiver, 'end'),
    ],
    steps: ['begin', ...items.flatMap((item) => [`look-${item}`, `pay-${item}`]), 'end'],
    once: items.map((item) => `pay-${item}`),
  },
  {
    name: 'payments that may be repeated, and a wait',
    browser: false,
    blocks: (receiver) => [
      nonce,
      loop('each', [
        call(receiver, 'pay', {
          method: 'POST',
          step: 'pay-{{ current_value }}',
          retry_on_interruption: true,
        }),
      ]),
      wait('rest', 2),
      call(receiver, 'end'),
    ],
    steps: [...items.map((item) => `pay-${item}`), 'end'],
    once: [],
  },
  {
    name: 'pages',
    browser: true,
    blocks: (receiver, site) => [
      nonce,
      open('first', `${site}/practice`),
      script(
        'remember',
        `await page.evaluate(() => { localStorage.kept = 'yes'; document.cookie = 'kept=yes'; });
        return {}`,
        { retry_on_interruption: true },
      ),
      call(receiver, 'seen'),
      wait('rest', 2),
      open('second', `${site}/downloads`),
      script(
        'recall',
        `const kept = await page.evaluate(() => localStorage.kept + document.cookie.includes('kept=yes'));
        if (kept !== 'yestrue') throw new Error('The state of the browser was lost: ' + kept);
        return {}`,
        { retry_on_interruption: true },
      ),
      call(receiver, 'end'),
    ],
    steps: ['seen', 'end'],
    once: [],
  },
];
