import type { BrowserCapability } from '../capabilities/browser.ts';
import type { CodeRequest, CodeResult } from '../capabilities/code.ts';
import type { CredentialFields, CredentialsCapability } from '../capabilities/credentials.ts';
import type { DocumentsCapability, FilesCapability, StoredFile } from '../capabilities/files.ts';
import type { HttpRequest, HttpResponse } from '../capabilities/http.ts';
import type { Capabilities, ClockCapability } from '../capabilities/index.ts';
import { BlockFailure } from '../errors.ts';
import type { JsonValue } from '../json.ts';
import { fakeMail } from './mail.ts';
import { fakePdf } from './pdf.ts';
import { fakePeople } from './people.ts';
import { fakeSheets } from './sheets.ts';
import { fakeTargets } from './targets.ts';
import { fakeWorkflows } from './workflows.ts';

/** A browser without pages: it remembers the address. */
export function fakeBrowser(overrides: Partial<BrowserCapability> = {}): BrowserCapability {
  let current: string | null = null;
  let shots = 0;
  return {
    async goto(url) {
      current = url;
      return { url, status: 200 };
    },
    currentUrl: () => current,
    async screenshot() {
      shots += 1;
      return current === null ? null : `a_shot_${shots}`;
    },
    async printPage() {
      if (current === null) {
        throw new BlockFailure('No browser state available');
      }
      return new TextEncoder().encode('%PDF-');
    },
    ...overrides,
  };
}

/** Files in memory. `add` stores one as a download of the browser does. */
export interface FakeFiles extends FilesCapability {
  add(filename: string, content?: string): StoredFile;
}

/** An empty store of files. */
export function fakeFiles(): FakeFiles {
  const files: { readonly info: StoredFile; readonly bytes: Uint8Array }[] = [];

  function keep(filename: string, bytes: Uint8Array): StoredFile {
    const id = files.length + 1;
    const info = {
      url: `https://files.test/a_${id}`,
      checksum: `sum-${id}`,
      filename,
      file_size: bytes.length,
      modified_at: '2025-01-02T03:04:05',
      artifact_id: `a_${id}`,
    };
    files.push({ info, bytes });
    return info;
  }

  return {
    add: (filename, content = '') => keep(filename, new TextEncoder().encode(content)),
    async read(reference) {
      const found = files.find(
        ({ info }) => info.url === reference || `downloads/${info.filename}` === reference,
      );
      if (found === undefined) {
        throw new BlockFailure(`No permission to access local file: ${reference}`);
      }
      return { filename: found.info.filename, contentType: null, bytes: found.bytes };
    },
    fetch: async (reference) => `inputs/${reference.split('/').at(-1)}`,
    save: async ({ filename, bytes }) => keep(filename, bytes),
    list: async () => files.map(({ info }) => info),
    path: ({ filename }) => `downloads/${filename}`,
  };
}

/** A clock that stands still but for sleeps, which take no real time. */
export function fakeClock(start = '2025-01-02T03:04:05Z'): ClockCapability {
  let now = Date.parse(start);
  return {
    now: () => new Date(now),
    async sleep(milliseconds) {
      now += milliseconds;
    },
  };
}

/** The type by the name's ending; JSON is parsed, all else is text. */
const fakeDocuments: DocumentsCapability = {
  detect({ filename }) {
    const types = { csv: 'csv', json: 'json', txt: 'text', pdf: 'pdf' } as const;
    const ending = filename.split('.').at(-1) ?? '';
    return ending in types ? types[ending as keyof typeof types] : null;
  },
  async parse({ bytes }, type) {
    const text = new TextDecoder().decode(bytes);
    if (type !== 'json') {
      return text;
    }
    try {
      return JSON.parse(text) as JsonValue;
    } catch {
      throw new BlockFailure('it is no JSON');
    }
  },
};

/** A vault with these credentials, by the id that a run is given, or by the key of a parameter that takes no value. */
export function fakeCredentials(
  vault: Readonly<Record<string, CredentialFields>>,
): CredentialsCapability {
  return {
    async open(parameter, value) {
      const name = String(value ?? parameter.key);
      const fields = vault[name];
      if (fields === undefined) {
        throw new BlockFailure(`There is no credential ${name}.`);
      }
      return fields;
    },
  };
}

/** Capabilities that reach nothing outside the test. Unless given, requests answer 200 and code returns null. */
export function fakeCapabilities(overrides: Partial<Capabilities> = {}): Capabilities {
  return {
    browser: fakeBrowser(),
    http: { request: async () => jsonAnswer(200, {}) },
    files: fakeFiles(),
    documents: fakeDocuments,
    code: { run: async () => ({ kind: 'returned', value: null }) },
    credentials: fakeCredentials({}),
    mail: fakeMail(),
    sheets: fakeSheets(),
    pdf: fakePdf(),
    targets: fakeTargets(),
    people: fakePeople(),
    workflows: fakeWorkflows(),
    clock: fakeClock(),
    log: { write: () => undefined },
    ...overrides,
  };
}

/** An HTTP capability that answers by a function and remembers what it was asked. */
export function fakeHttp(
  answer: (request: HttpRequest, count: number) => HttpResponse | Promise<HttpResponse>,
): Capabilities['http'] & { readonly requests: readonly HttpRequest[] } {
  const requests: HttpRequest[] = [];
  return {
    requests,
    async request(request) {
      requests.push(request);
      return await answer(request, requests.length);
    },
  };
}

/** A code capability that works by a function and remembers what it was asked. */
export function fakeCode(
  run: (request: CodeRequest, count: number) => CodeResult | Promise<CodeResult>,
): Capabilities['code'] & { readonly requests: readonly CodeRequest[] } {
  const requests: CodeRequest[] = [];
  return {
    requests,
    async run(request) {
      requests.push(request);
      return await run(request, requests.length);
    },
  };
}

/** An answer with a JSON body. */
export function jsonAnswer(status: number, body: JsonValue): HttpResponse {
  return {
    status,
    headers: { 'content-type': 'application/json' },
    url: 'https://api.test/',
    body: new TextEncoder().encode(JSON.stringify(body)),
  };
}
