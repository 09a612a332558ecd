import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Receiver, startReceiver } from '../../site/receiver.ts';

let receiver: Receiver;
beforeEach(async () => {
  receiver = await startReceiver();
});
afterEach(() => receiver.close());

const send = (body: string) =>
  fetch(`${receiver.url}/hook`, { method: 'POST', body, headers: { 'x-a': 'b' } });

test('collects requests with their raw body and headers', async () => {
  await send('{"a": 1}');
  expect(receiver.deliveries).toMatchObject([
    { method: 'POST', path: '/hook', rawBody: '{"a": 1}', headers: { 'x-a': 'b' } },
  ]);
});

test('gives the programmed answers in turn, then 200', async () => {
  receiver.answerWith({ status: 503, retryAfter: 2 }, { status: 410, body: 'gone' });
  const first = await send('1');
  expect([first.status, first.headers.get('retry-after')]).toEqual([503, '2']);
  const second = await send('2');
  expect([second.status, await second.text()]).toEqual([410, 'gone']);
  expect((await send('3')).status).toBe(200);
});

test('can hang up without an answer', async () => {
  receiver.answerWith('hang up');
  await expect(send('1')).rejects.toThrow();
  expect(receiver.deliveries).toHaveLength(1);
});

test('waits for a delivery that is still to come', async () => {
  const waiting = receiver.waitFor(2, AbortSignal.timeout(5000));
  await send('1');
  await send('2');
  expect((await waiting).map(({ rawBody }) => rawBody)).toEqual(['1', '2']);
});

test('stops waiting when told to', async () => {
  const waiting = receiver.waitFor(1, AbortSignal.abort(new Error('enough')));
  await expect(waiting).rejects.toThrow('enough');
});

test('an answer that is delayed does not hold up closing', async () => {
  receiver.answerWith({ delayMs: 60_000 });
  const sending = send('1');
  await receiver.waitFor(1, AbortSignal.timeout(5000));
  const failed = expect(sending).rejects.toThrow();
  await receiver.close();
  await failed;
  receiver = await startReceiver();
});
