import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LapwingError } from '../errors.ts';
import { curlRequest } from './curl-command.ts';

const plain = { method: 'GET', headers: {}, body: null, timeout: 30, follow_redirects: false };

describe('a curl command', () => {
  it('becomes the fields of a block', () => {
    const command = `curl -X PUT 'https://api.test/items/7?x=1' \\
      -H 'Content-Type: application/json' -H "X-Trace: it's here" \\
      --data-raw '{"name": "Ann", "tags": ["a"]}' --compressed -sSL -m 2.5`;
    expect(curlRequest(command)).toEqual({
      method: 'PUT',
      url: 'https://api.test/items/7?x=1',
      headers: { 'Content-Type': 'application/json', 'X-Trace': "it's here" },
      body: { name: 'Ann', tags: ['a'] },
      timeout: 3,
      follow_redirects: true,
    });
  });

  it.each([
    ['curl https://a.test/', { ...plain, url: 'https://a.test/' }],
    ['curl.exe a.test', { ...plain, url: 'http://a.test' }],
    ['/usr/bin/curl --url https://a.test -I', { ...plain, method: 'HEAD', url: 'https://a.test' }],
    [
      'curl https://a.test -d a=1 -d b=two%20words',
      {
        ...plain,
        method: 'POST',
        url: 'https://a.test',
        headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
        body: { a: '1', b: 'two words' },
      },
    ],
    [
      `curl https://a.test -d '{"a": 1}'`,
      {
        ...plain,
        method: 'POST',
        url: 'https://a.test',
        headers: { 'Content-Type': 'application/json' },
        body: { a: 1 },
      },
    ],
    [
      `curl -G https://a.test/?x=1 --data-urlencode 'q=a b&c'`,
      {
        ...plain,
        url: 'https://a.test/?x=1&q=a+b%26c',
        headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
      },
    ],
    [
      `curl --json '{"a": "\\u00e4"}' https://a.test`,
      {
        ...plain,
        method: 'POST',
        url: 'https://a.test',
        headers: { 'Content-Type': 'application/json', Accept: 'application/json' },
        body: { a: 'ä' },
      },
    ],
    [
      'curl -F a=1 -F b=2 https://a.test',
      {
        ...plain,
        method: 'POST',
        url: 'https://a.test',
        headers: { 'Content-Type': 'multipart/form-data' },
        body: { a: '1', b: '2' },
      },
    ],
    [
      `curl https://a.test -u me:secret -A Lap -e https://b.test -b 'sid=1' -H 'accept;' -H 'user-agent: Wing'`,
      {
        ...plain,
        url: 'https://a.test',
        headers: {
          Referer: 'https://b.test',
          Cookie: 'sid=1',
          Authorization: 'Basic bWU6c2VjcmV0',
          'user-agent': 'Wing',
        },
      },
    ],
    [
      String.raw`curl $'https://a.test/\u00fc' -H $'X: it\'s'`,
      { ...plain, url: 'https://a.test/ü', headers: { X: "it's" } },
    ],
  ])('%s is read', (command, request) => {
    expect(curlRequest(command)).toEqual(request);
  });

  it.each([
    ['wget https://a.test', /does not begin with curl/],
    ['', /does not begin with curl/],
    ['curl', /has no address/],
    [`curl ''`, /has no address/],
    ['curl https://a.test -H', /-H/],
    [`curl 'https://a.test`, /cannot be read/],
    ['curl https://a.test --proxy http://b.test', /--proxy/],
    ['curl https://a.test -d @secret.txt', /the file secret.txt/],
    ['curl https://a.test -F up=@a.pdf', /the block's files/],
    ['curl https://a.test -b jar.txt', /file of cookies/],
    [`curl https://a.test -H 'Content-Type: text/xml' -d '<a/>'`, /text\/xml/],
    [`curl https://a.test --json '[1]'`, /no object/],
    [`curl https://a.test --json '{'`, /no valid JSON/],
    ['curl https://a.test -m soon', /no number of seconds/],
  ])('%s is refused', (command, reason) => {
    expect(() => curlRequest(command)).toThrow(reason);
  });

  it('is read or refused, whatever it says', () => {
    const word = fc.oneof(
      fc.constantFrom('-d', '-H', '-F', '-G', '--json', '-b', '-m', '-X', '--', "'", '$', '\\\n'),
      fc.string(),
    );
    const command = fc.array(word).map((words) => `curl ${words.join(' ')}`);
    fc.assert(
      fc.property(command, (text) => {
        try {
          expect(curlRequest(text).url).toMatch(/^[a-z][a-z0-9+.-]*:\/\//i);
        } catch (error) {
          expect(error).toBeInstanceOf(LapwingError);
        }
      }),
      { numRuns: 2000 },
    );
  });
});
