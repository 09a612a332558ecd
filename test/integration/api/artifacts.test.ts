import { createHash } from 'node:crypto';
import type { ArtifactType } from '@lapwing/protocol';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Site, startSite } from '../../site/site.ts';
import { type Answer, type Lapwing, startLapwing } from '../../support/lapwing.ts';
import { addOrganization } from '../../support/organizations.ts';

let lapwing: Lapwing;
let site: Site;
let run: Answer['body'];
let artifactId: string;

const bytes = Buffer.from('0123456789'.repeat(10));

beforeAll(async () => {
  [lapwing, site] = await Promise.all([startLapwing(), startSite()]);
  const workflowId = await lapwing.createWorkflow({
    blocks: [
      {
        block_type: 'http_request',
        label: 'prices',
        url: `${site.url}/downloads/price-list.csv`,
        save_response_as_file: true,
      },
    ],
  });
  run = await lapwing.run(workflowId);
  artifactId = (await save('digits.txt', 'text/plain', bytes)).artifactId;
});
afterAll(() => Promise.all([lapwing.close(), site.close()]));

async function save(
  filename: string,
  contentType: string,
  source: Uint8Array,
  type: ArtifactType = 'download',
) {
  const { app } = lapwing.server;
  const files = await app.artifacts.ofRun(run.run_id);
  const organizationId = files[0]?.organizationId ?? '';
  const place = { organizationId, runId: run.run_id, blockId: null };
  return app.artifacts.save({ ...place, type, filename, contentType, source });
}

const get = (path: string, headers = {}): Promise<Answer> =>
  lapwing.request('GET', path, undefined, headers);
const content = (headers = {}, id = artifactId) => get(`/v1/artifacts/${id}/content`, headers);
/** Without any key. */
const open = (url: string, init: RequestInit = {}) => fetch(url, init);
const signedUrl = async (id = artifactId): Promise<URL> =>
  new URL((await get(`/v1/artifacts/${id}`)).body.signed_url);

describe('the artifacts of a run', () => {
  it('hold what a block saved as a file, as the run shows it', async () => {
    expect(run.status).toBe('completed');
    const [file] = run.downloaded_files;
    const listed = (await get(`/v1/runs/${run.run_id}/artifacts`)).body[0];
    expect(listed).toMatchObject({
      artifact_id: file.artifact_id,
      artifact_type: 'download',
      run_id: run.run_id,
      workflow_run_id: run.run_id,
      workflow_run_block_id: expect.stringMatching(/^wrb_/),
      checksum: file.checksum,
      file_size: file.file_size,
      archived: false,
    });
    expect(file.filename).toBe('price-list.csv');
    const body = Buffer.from(await (await open(file.url)).arrayBuffer());
    expect(body).toHaveLength(file.file_size);
    expect(createHash('sha256').update(body).digest('hex')).toBe(file.checksum);
  });

  it('are listed by one type or several', async () => {
    await save('page.html', 'text/html', bytes, 'html_action');
    await save('traffic.har', 'application/json', bytes, 'har');
    const typesOf = async (query: string) => {
      const { body } = await get(`/v1/runs/${run.run_id}/artifacts?${query}`);
      return body.map((row: Answer['body']) => row.artifact_type);
    };
    expect(await typesOf('artifact_type=har')).toEqual(['har']);
    expect(await typesOf('artifact_type=har&artifact_type=html_action')).toEqual([
      'html_action',
      'har',
    ]);
    expect(await typesOf('artifact_type=trace')).toEqual([]);
    expect((await get(`/v1/runs/${run.run_id}/artifacts?artifact_type=x`)).status).toBe(422);
  });

  it('of an unknown run are none', async () => {
    expect((await get('/v1/runs/wr_1/artifacts')).body).toEqual([]);
  });

  it('are read one by one', async () => {
    const answer = await get(`/v1/artifacts/${artifactId}`);
    expect(answer.body).toMatchObject({ artifact_id: artifactId, file_size: 100 });
    expect((await get('/v1/artifacts/a_1')).status).toBe(404);
    expect((await get('/v1/artifacts/a_1/content')).status).toBe(404);
    expect((await get('/v1/artifacts/a_1/signed-url')).status).toBe(404);
  });
});

describe('a signed address', () => {
  it('needs no key, and lives 12 h, or 1 h for media', async () => {
    const url = await signedUrl();
    const response = await open(url.href);
    expect(response.status).toBe(200);
    expect(await response.text()).toBe(bytes.toString());
    const lifetime = (address: URL) =>
      Number(address.searchParams.get('expiry')) - Date.now() / 1000;
    expect(lifetime(url)).toBeGreaterThan(12 * 3600 - 60);
    expect(lifetime(url)).toBeLessThanOrEqual(12 * 3600);
    const video = await save('v.webm', 'video/webm', bytes, 'recording');
    expect(lifetime(await signedUrl(video.artifactId))).toBeLessThanOrEqual(3600);
  });

  it('can be asked for with 300 s to live', async () => {
    const { body } = await get(`/v1/artifacts/${artifactId}/signed-url`);
    expect(body.artifact_id).toBe(artifactId);
    expect(body.expires_at - Date.now() / 1000).toBeLessThanOrEqual(300);
    const url = new URL(body.signed_url);
    expect(url.searchParams.get('expiry')).toBe(String(body.expires_at));
    expect((await open(url.href)).status).toBe(200);
  });

  it.each([
    ['expiry', String(Math.floor(Date.now() / 1000) + 999_999)],
    ['expiry', '99999999999999999999'],
    ['expiry', 'NaN'],
    ['sig', 'A'.repeat(43)],
    ['sig', ''],
    ['kid', 'k2'],
  ])('whose %s was changed to %s is a 403', async (name, value) => {
    const url = await signedUrl();
    url.searchParams.set(name, value);
    const response = await open(url.href);
    expect(response.status).toBe(403);
    expect((await response.json()).detail).toContain('signature');
  });

  it.each(['sig', 'expiry', 'kid'])('without its %s is a 403', async (name) => {
    const url = await signedUrl();
    url.searchParams.delete(name);
    expect((await open(url.href)).status).toBe(403);
  });

  it('that has expired is a 403', async () => {
    const row = await lapwing.server.app.artifacts.ofRun(run.run_id);
    const digits = row.find((one) => one.artifactId === artifactId);
    if (digits === undefined) throw new Error('The artifact of this file is gone');
    const url = lapwing.server.app.artifacts.url(digits, -1);
    expect((await open(url)).status).toBe(403);
    expect((await open(lapwing.server.app.artifacts.url(digits, 60))).status).toBe(200);
  });

  it('opens no other artifact', async () => {
    const other = await save('other.txt', 'text/plain', bytes);
    const url = await signedUrl();
    url.pathname = url.pathname.replace(artifactId, other.artifactId);
    expect((await open(url.href)).status).toBe(403);
  });

  it('with what else is in its query opens the same', async () => {
    const url = await signedUrl();
    url.searchParams.set('artifact_name', 'x');
    url.searchParams.set('artifact_type', 'download');
    expect((await open(url.href)).status).toBe(200);
  });

  it('does not make up for a wrong key or a key of another organization', async () => {
    const other = await addOrganization(lapwing, 'stranger');
    const url = await signedUrl();
    const wrong = await open(url.href, { headers: { 'x-api-key': 'wrong-key' } });
    const foreign = await open(url.href, { headers: other.headers });
    expect([wrong.status, foreign.status]).toEqual([403, 404]);
  });
});

describe('a range', () => {
  it.each([
    ['bytes=0-9', '0123456789', 'bytes 0-9/100'],
    ['bytes=95-', '56789', 'bytes 95-99/100'],
    ['bytes=-3', '789', 'bytes 97-99/100'],
    ['bytes=98-1000', '89', 'bytes 98-99/100'],
    ['bytes=-1000', bytes.toString(), 'bytes 0-99/100'],
  ])('%s is a 206 with these bytes alone', async (range, body, contentRange) => {
    const answer = await content({ range });
    expect(answer.status).toBe(206);
    expect(answer.body).toBe(body);
    expect(answer.headers.get('content-range')).toBe(contentRange);
    expect(answer.headers.get('content-length')).toBe(String(body.length));
  });

  it.each(['bytes=100-', 'bytes=500-600', 'bytes=-0'])('%s is a 416', async (range) => {
    const answer = await content({ range });
    expect(answer.status).toBe(416);
    expect(answer.headers.get('content-range')).toBe('bytes */100');
    expect(answer.body.detail).toContain(range);
    expect(answer.headers.get('content-type')).toContain('json');
  });

  it.each(['bytes=0-1,3-4', 'items=0-1', 'bytes=9-3', 'nonsense'])(
    'that need not be served, %s, gives the whole',
    async (range) => {
      const answer = await content({ range });
      expect(answer.status).toBe(200);
      expect(answer.body).toBe(bytes.toString());
      expect(answer.headers.get('accept-ranges')).toBe('bytes');
    },
  );

  it('with If-Range gives the whole: no validator was given out', async () => {
    const answer = await content({ range: 'bytes=0-9', 'if-range': '"x"' });
    expect([answer.status, answer.body]).toEqual([200, bytes.toString()]);
  });

  it('of an empty file is a 416, and the file itself is empty', async () => {
    const { artifactId: id } = await save('empty.txt', 'text/plain', Buffer.alloc(0));
    expect((await content({ range: 'bytes=0-' }, id)).status).toBe(416);
    expect((await content({}, id)).body).toBe('');
  });
});

describe('the content', () => {
  it('is described without being sent by HEAD', async () => {
    const url = await signedUrl();
    const response = await open(url.href, { method: 'HEAD' });
    expect(response.status).toBe(200);
    expect(response.headers.get('content-length')).toBe('100');
    expect(await response.text()).toBe('');
  });

  it('has its type, is not sniffed, and is private to its reader', async () => {
    const answer = await content();
    expect(answer.headers.get('content-type')).toBe('text/plain');
    expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
    expect(answer.headers.get('cache-control')).toBe('private, no-cache');
    expect((await content({}, `${artifactId}`)).headers.get('x-frame-options')).toBe('DENY');
  });

  it('may be kept as long as its signed address lives, and no longer by a made-up expiry', async () => {
    const signed = await open((await signedUrl()).href);
    const seconds = /^private, max-age=(\d+)$/.exec(signed.headers.get('cache-control') ?? '')?.[1];
    expect(Number(seconds)).toBeGreaterThan(12 * 3600 - 60);
    const keyed = await get(`/v1/artifacts/${artifactId}/content?expiry=99999999999`);
    expect(keyed.headers.get('cache-control')).toBe('private, no-cache');
  });

  it('of a download is an attachment under its name, in any script', async () => {
    const { artifactId: id } = await save('Größe 🦆 "a";.txt', 'text/plain', bytes);
    const disposition = (await content({}, id)).headers.get('content-disposition') ?? '';
    expect(disposition).toMatch(/^attachment; filename="/);
    const encoded = /filename\*=utf-8''([^;]+)/i.exec(disposition)?.[1] ?? '';
    expect(decodeURIComponent(encoded)).toBe('Größe 🦆 "a";.txt');
  });

  it.each([
    ['recording', 'video/webm'],
    ['screenshot_final', 'image/png'],
    ['html_action', 'text/html'],
    ['browser_console_log', 'text/plain'],
  ] as const)('of a %s is shown inline as %s', async (type, contentType) => {
    const { artifactId: id } = await save('file.bin', contentType, bytes, type);
    const { headers } = await content({}, id);
    expect(headers.get('content-disposition')).toMatch(/^inline/);
    expect(headers.get('content-type')).toBe(contentType);
  });

  it('that can run scripts may do nothing in the name of this server', async () => {
    const page = Buffer.from('<script>document.title = origin</script>');
    const { artifactId: id } = await save('page.html', 'text/html', page, 'html_action');
    const { headers } = await content({}, id);
    expect(headers.get('content-security-policy')).toMatch(/frame-ancestors 'none'; sandbox$/);
  });

  it('of a kind of its own is sent as it is, line breaks in its name included', async () => {
    const { artifactId: id } = await save('a\r\nset-cookie: x', 'text/plain', bytes);
    const answer = await content({}, id);
    expect(answer.status).toBe(200);
    expect(answer.headers.get('set-cookie')).toBeNull();
  });
});
