import { once } from 'node:events';
import { Agent, request as open } from 'node:http';
import { text } from 'node:stream/consumers';

/** Texts that have broken somebody's server, by what they try. */
export const hostileTexts: Readonly<Record<string, string>> = {
  empty: '',
  blank: ' \t\n',
  'a null byte': 'a\0b',
  'half of a surrogate pair': 'a\ud83d',
  'an emoji and its joiners': '👩‍👩‍👧‍👦',
  'right to left': '\u202eabc\u2066',
  'combining marks': `e${'\u0301'.repeat(500)}`,
  'a path out of a folder': '../../../../etc/passwd',
  'a path of Windows': '..\\..\\windows\\win.ini',
  'an encoded path': '%2e%2e%2f%2e%2e%2fetc%2fpasswd',
  'an absolute path': '/etc/passwd',
  SQL: "'; drop table runs; --",
  'SQL that is true': "' or '1'='1",
  'SQL wildcards': '%_\\%',
  'a line feed and a header': 'a\r\nx-injected: 1\r\n\r\n<html>',
  HTML: '<script>alert(1)</script>"><img src=x onerror=alert(1)>',
  'a shell': '$(touch /tmp/lapwing) `id` ; id | id && id',
  'a name of Object.prototype': '__proto__',
  'another name of Object.prototype': 'constructor',
  'a name with a getter': 'hasOwnProperty',
  'not a number': 'NaN',
  infinity: 'Infinity',
  'a large number': '1e400',
  'a long number': '9'.repeat(400),
  '10 kB': 'x'.repeat(10_000),
  'nested quantifiers': '(a+)+$',
  'what nested quantifiers choke on': `${'a'.repeat(5_000)}!`,
  'a template': '{{ 7 * 7 }}',
  'a template of great size': "{{ 'x' * 1000000000 }}",
  'a template without an end':
    '{% for i in range(99999) %}{% for j in range(99999) %}{% endfor %}{% endfor %}',
  'a template that leaves its language': "{{ ''.__class__.__mro__[1].__subclasses__() }}",
  'a template that breaks off': '{{ {% {# ',
  'a mask': '***',
};

/** Addresses that nothing of a user may reach. */
export const forbiddenUrls: readonly string[] = [
  'file:///etc/passwd',
  'FILE:/etc/passwd',
  'chrome://settings',
  'data:text/html,<h1>x</h1>',
  'javascript:alert(1)',
  'gopher://127.0.0.1:25/',
  'view-source:file:///etc/passwd',
  'http://127.0.0.1:1/',
  'http://localhost:1/',
  'http://localhost.:1/',
  'http://2130706433/',
  'http://0x7f.1/',
  'http://0177.0.0.1/',
  'http://127.1/',
  'http://0.0.0.0/',
  'http://[::1]/',
  'http://[::ffff:127.0.0.1]/',
  'http://[::ffff:7f00:1]/',
  'http://[64:ff9b::7f00:1]/',
  'http://①②⑦.⓪.⓪.①/',
  'http://user:secret@127.0.0.1/',
  'http://example.com@127.0.0.1/',
  'http://169.254.169.254/latest/meta-data/',
  'http://[fd00:ec2::254]/latest/meta-data/',
  'http://metadata.google.internal/computeMetadata/v1/',
  'http://168.63.129.16/',
  'http://100.100.100.200/',
  'http://10.0.0.1/',
  'http://192.168.0.1/',
  'http://172.16.0.1/',
  'http://printer.local/',
  'http://db.svc.cluster.local/',
];

/** A request as it is sent, byte by byte: nothing is normalised on the way. */
export interface RawRequest {
  readonly method: string;
  /** Path with query, encoded already. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
}

export interface RawAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
  readonly milliseconds: number;
}

/** Keeps its connections; close it. Streams of events are left as soon as they begin. */
export class RawClient {
  readonly #agent = new Agent({ keepAlive: true });
  readonly #url: string;
  readonly #apiKey: string;

  constructor(server: { readonly url: string; readonly apiKey: string }) {
    this.#url = server.url;
    this.#apiKey = server.apiKey;
  }

  /** Rejects when the connection breaks or the answer takes longer than `patienceMs`. */
  async send(request: RawRequest, patienceMs: number): Promise<RawAnswer> {
    const { method, path, headers = {}, body } = request;
    const began = performance.now();
    const sent = open(this.#url, {
      agent: this.#agent,
      method,
      path,
      headers: {
        'x-api-key': this.#apiKey,
        // Said by Node itself only for some methods.
        ...(body !== undefined && { 'content-length': String(Buffer.byteLength(body)) }),
        ...headers,
      },
      signal: AbortSignal.timeout(patienceMs),
    });
    const answered = once(sent, 'response');
    sent.end(body);
    const [answer] = await answered;
    const isStream = String(answer.headers['content-type']).startsWith('text/event-stream');
    const read = isStream ? '' : await text(answer);
    if (isStream) answer.destroy();
    const milliseconds = performance.now() - began;
    return { status: answer.statusCode, headers: answer.headers, text: read, milliseconds };
  }

  close(): void {
    this.#agent.destroy();
  }
}

/** One segment of a path, whatever is in it: dots too, which would be a way otherwise, and what is no Unicode. */
export function pathSegment(value: string): string {
  const encoded = encodeURIComponent(value.toWellFormed()).replaceAll('.', '%2E');
  return value.isWellFormed() ? encoded : encoded.replaceAll('%EF%BF%BD', '%ED%A0%BD');
}
