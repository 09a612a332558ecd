import { expect, it } from 'vitest';
import { collectSpans } from './testing/spans.ts';
import { tracedHttp } from './traced-http.ts';
import { SpanScope } from './tracer.ts';

const secret = 'https://user:pa55@api.example.com/accounts/42?key=5ecret#part';

function observed() {
  const { tracer, spans } = collectSpans();
  const scope = new SpanScope();
  const send = tracedHttp(scope);
  const inSpan = <T>(work: () => T) =>
    scope.run(() => {
      const origin = { seed: 'wr_1', traceParent: null };
      scope.enter(tracer.start('run', origin, { kind: 'internal', attributes: {} }));
      return work();
    });
  return { send, inSpan, spans };
}

it('tells where a request goes and what it came to, not what it asks', async () => {
  const { send, inSpan, spans } = observed();
  const answer = { status: 201 };
  expect(await inSpan(() => send({ method: 'post', url: secret }, async () => answer))).toBe(
    answer,
  );
  expect(spans.at(-1)).toEqual({
    name: 'POST',
    parent: 'run',
    kind: 'client',
    failed: false,
    attributes: {
      'http.request.method': 'POST',
      'server.address': 'api.example.com',
      'server.port': 443,
      'http.response.status_code': 201,
    },
  });
});

it.each([
  [399, false],
  [400, true],
  [503, true],
])('an answer of %i is a failure: %s', async (status, failed) => {
  const { send, inSpan, spans } = observed();
  await inSpan(() => send({ method: 'GET', url: 'http://h.test:81/' }, async () => ({ status })));
  expect(spans.at(-1)).toMatchObject({ failed, attributes: { 'server.port': 81 } });
});

it('names the kind of an error, not its words, and passes it on', async () => {
  const { send, inSpan, spans } = observed();
  const error = new TypeError(`${secret} was refused`);
  const failing = () => send({ method: 'GET', url: 'no address' }, () => Promise.reject(error));
  await expect(inSpan(failing)).rejects.toBe(error);
  expect(spans.at(-1)).toMatchObject({
    failed: true,
    attributes: { 'http.request.method': 'GET', 'error.type': 'TypeError' },
  });
  expect(JSON.stringify(spans)).not.toMatch(/5ecret|pa55|accounts/);
});

it('shows nothing of a request that belongs to no work', async () => {
  const { send, spans } = observed();
  await send({ method: 'GET', url: secret }, async () => ({ status: 200 }));
  expect(spans).toEqual([]);
});
