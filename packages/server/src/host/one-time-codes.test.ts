import { expect, it } from 'vitest';
import { oneTimeCodes } from './one-time-codes.ts';

type Answer = { status_code: number | null; response_body: string | null; error: string | null };

const { signal } = new AbortController();
const json = (value: unknown): Answer => ({
  status_code: 200,
  response_body: JSON.stringify(value),
  error: null,
});
const code = (text: string) => json({ verification_code: text });

/** A source that gives these answers, one after another, and the last one from then on. */
function source(answers: readonly Answer[], url: string | null = 'https://codes.test/ask?key=x') {
  const asked: string[] = [];
  const logged: string[] = [];
  const give = oneTimeCodes({
    url,
    ask: async (address) => {
      asked.push(address);
      return answers[Math.min(asked.length, answers.length) - 1] ?? json({});
    },
    log: (level, message) => logged.push(`${level} ${message}`),
    intervalMs: 1,
  });
  return { give, asked, logged };
}

it('asks until there is a code, whatever else is answered meanwhile', async () => {
  const notYet = [
    json({}),
    code('  '),
    { status_code: 503, response_body: 'busy', error: null },
    { status_code: null, response_body: null, error: 'connection refused' },
    { status_code: 200, response_body: 'no JSON', error: null },
  ];
  const { give, asked, logged } = source([...notYet, code(' 123456 ')]);
  expect(await give('code', { timeoutMs: undefined, signal })).toBe('123456');
  expect(asked).toHaveLength(6);
  expect(logged).toEqual([
    'info Asking for a one-time code at https://codes.test.',
    'warning The source of one-time codes answered 503.',
    'warning The source of one-time codes answered connection refused.',
  ]);
});

it.each([
  ['code', 'ab-12', 'ab-12'],
  ['code', 'Your code for order no-4711 is 80012. It is good for ten minutes. 80012', '80012'],
  ['link', 'Sign in here: https://site.test/in?t=1 (once).', 'https://site.test/in?t=1'],
] as const)('finds the %s in %j', async (kind, text, found) => {
  expect(await source([code(text)]).give(kind, { timeoutMs: 1000, signal })).toBe(found);
});

it.each([
  ['code', 'Codes: 11111 and 22222.'],
  ['link', 'https://a.test or https://b.test'],
  ['link', '123456'],
] as const)('does not guess a %s from %j', async (kind, text) => {
  const giving = source([code(text)]).give(kind, { timeoutMs: 1000, signal });
  await expect(giving).rejects.toThrow(`not exactly one ${kind}`);
});

it('gives up after its time, and at once when it is stopped', async () => {
  const giving = source([json({})]).give('code', { timeoutMs: 20, signal });
  await expect(giving).rejects.toMatchObject({
    name: 'Terminated',
    message: 'No one-time code came within 0.02 seconds (OTP_TIMEOUT).',
  });
  const stop = new AbortController();
  const stopped = source([json({})]).give('code', { timeoutMs: undefined, signal: stop.signal });
  stop.abort(new Error('canceled'));
  await expect(stopped).rejects.toThrow();
});

it('says that the run has no source', async () => {
  const giving = source([], null).give('code', { timeoutMs: undefined, signal });
  await expect(giving).rejects.toThrow('start the run with totp_url');
});
