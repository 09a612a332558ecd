import { expect, it } from 'vitest';
import { harTimings, maskedHeaders, withoutUserInfo } from './har-entry.ts';

it('masks what lets somebody in, and nothing else', () => {
  const headers = ['Cookie', 'set-cookie', 'Authorization', 'X-API-Key', 'x-csrf-token', 'accept'];
  const masked = maskedHeaders(headers.map((name) => ({ name, value: 'v' })));
  expect(masked.filter(({ value }) => value === 'v').map(({ name }) => name)).toEqual(['accept']);
});

it('drops a password from an address', () => {
  expect(withoutUserInfo('https://me:pw@a.example/x?y=1')).toBe('https://a.example/x?y=1');
  expect(withoutUserInfo('https://a.example/x')).toBe('https://a.example/x');
});

it('turns marks into spans, and an unknown mark into -1', () => {
  const timings = harTimings({
    startTime: 1_000,
    domainLookupStart: -1,
    domainLookupEnd: -1,
    connectStart: 1,
    secureConnectionStart: 2,
    connectEnd: 5,
    requestStart: 6,
    responseStart: 16,
    responseEnd: 18,
  });
  expect(timings).toMatchObject({ dns: -1, connect: 4, ssl: 3, wait: 10, receive: 2 });
});
