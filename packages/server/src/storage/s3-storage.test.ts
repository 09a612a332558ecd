import { randomBytes } from 'node:crypto';
import { mkdtemp, open, rm, truncate, writeFile } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { S3Storage, type S3StorageOptions } from './s3-storage.ts';
import { textOf } from './testing/contract.ts';
import { breakOff, type FaultyS3, refuse, startFaultyS3 } from './testing/faulty-s3.ts';

const secretAccessKey = 'the-secret-of-the-key';
let s3: FaultyS3;
let directory: string;

beforeEach(async () => {
  s3 = await startFaultyS3();
  directory = await mkdtemp(join(tmpdir(), 'lapwing-s3-storage-'));
});
afterEach(async () => {
  s3.close();
  await rm(directory, { recursive: true });
});

const storageOf = (fields: Partial<S3StorageOptions> = {}) =>
  new S3Storage({
    bucket: {
      bucket: 'files',
      region: null,
      endpoint: s3.url,
      accessKeyId: 'key',
      secretAccessKey,
    },
    folder: '',
    log: pino({ level: 'silent' }),
    patienceMs: 0,
    ...fields,
  });

/** A file to put, and its bytes. */
async function fileOf(size: number) {
  const bytes = randomBytes(size);
  const path = join(directory, 'source');
  await writeFile(path, bytes);
  return { bytes, path };
}

async function readBytes(storage: S3Storage, key = 'a'): Promise<Buffer> {
  return Buffer.concat(await (await storage.open(key)).stream.toArray());
}

const never = () => undefined;
const cut = (request: IncomingMessage) => request.socket.destroy();
const cutHalfway = (request: IncomingMessage) => {
  request.once('data', () => request.socket.destroy());
};
const slowDown = refuse(503, 'SlowDown');

describe('a failure that passes', () => {
  it.each([
    ['a server that is overloaded', slowDown],
    ['a server that is down', refuse(502, '')],
    ['too many requests', refuse(429, 'TooManyRequests')],
    ['a request that came too slowly', refuse(400, 'RequestTimeout')],
    ['a connection that breaks', cut],
    ['a connection that breaks while the file is sent', cutHalfway],
  ])('is tried again: %s', async (_, fault) => {
    const { bytes, path } = await fileOf(900_000);
    s3.faults.push(fault, fault);
    await storageOf().put('a', { path });
    expect(s3.objects.get('/files/a')?.equals(bytes)).toBe(true);
    s3.faults.push(fault === cutHalfway ? cut : fault);
    expect((await readBytes(storageOf())).equals(bytes)).toBe(true);
    s3.faults.push(fault === cutHalfway ? cut : fault);
    await storageOf().remove('a');
    expect(s3.asked).toHaveLength(7);
    expect(s3.objects.size).toBe(0);
  });

  it('is given up at the third time when there is no more patience', async () => {
    s3.faults.push(slowDown, slowDown, slowDown);
    await expect(storageOf().put('a', Buffer.from('x'))).rejects.toMatchObject({
      code: 'unavailable',
      message: 'The storage of files cannot be reached now: try again',
      cause: { message: 'HTTP 503 (SlowDown: It is so)' },
    });
    expect(s3.asked).toHaveLength(3);
  });

  it('is waited for by work that cannot come back later, until its signal fires', async () => {
    const controller = new AbortController();
    s3.faults.push(...Array(4).fill(slowDown));
    const patient = storageOf().patient(controller.signal);
    await patient.put('a', Buffer.from('x'));
    expect(s3.asked).toHaveLength(5);
    s3.faults.push(never);
    setTimeout(() => controller.abort(new Error('Enough')), 50);
    await expect(patient.open('a')).rejects.toThrow('Enough');
  });

  it('may be that nobody listens', async () => {
    s3.close();
    await expect(storageOf().open('a')).rejects.toMatchObject({
      code: 'unavailable',
      cause: { message: expect.stringContaining('ECONNREFUSED') },
    });
  });

  it('may be silence', async () => {
    s3.faults.push(never);
    await storageOf({ idleMs: 100 }).put('a', Buffer.from('x'));
    expect(s3.asked).toHaveLength(2);
  });
});

describe('a content that breaks off', () => {
  it.each(['cut', 'silence'] as const)('is read on from there: %s', async (how) => {
    const object = randomBytes(500_000);
    s3.objects.set('/files/a', object);
    s3.faults.push(breakOff(object, 100_000, how), slowDown);
    const storage = storageOf({ idleMs: 200 });
    expect((await readBytes(storage)).equals(object)).toBe(true);
    expect(s3.asked.slice(1)).toEqual(Array(2).fill('GET /files/a bytes=100000-499999'));
  });

  it('fails its reader when the rest stays out of reach', async () => {
    const object = randomBytes(500_000);
    s3.objects.set('/files/a', object);
    s3.faults.push(breakOff(object, 100_000, 'cut'), slowDown, slowDown, slowDown);
    await expect(readBytes(storageOf())).rejects.toMatchObject({ code: 'unavailable' });
  });

  it('fails its reader when the rest is shorter than it was', async () => {
    const object = randomBytes(500_000);
    s3.objects.set('/files/a', object);
    s3.faults.push(breakOff(object, 100_000, 'cut'), (_, _response, next) => {
      s3.objects.set('/files/a', object.subarray(0, 300_000));
      next();
    });
    await expect(readBytes(storageOf())).rejects.toThrow(/ends at 300000, not behind 499999/);
  });

  it('does not break for a reader that pauses', async () => {
    const object = randomBytes(8_000_000);
    s3.objects.set('/files/a', object);
    const { stream } = await storageOf({ idleMs: 100 }).open('a');
    const chunks: Buffer[] = [];
    for await (const chunk of stream) {
      if (chunks.length === 1) await new Promise((resolve) => setTimeout(resolve, 500));
      chunks.push(chunk);
    }
    expect(Buffer.concat(chunks).equals(object)).toBe(true);
    expect(s3.asked.length).toBeGreaterThan(1);
  });

  it('is given up by the server when its reader leaves', async () => {
    const object = randomBytes(500_000);
    const closed = Promise.withResolvers<void>();
    s3.faults.push((request, response) => {
      response.once('close', () => closed.resolve());
      breakOff(object, 1000, 'silence')(request, response);
    });
    const { stream } = await storageOf().open('a');
    stream.once('data', () => stream.destroy());
    await closed.promise;
  });
});

describe('a refusal', () => {
  it('is told once, with what S3 says and without a secret', async () => {
    s3.faults.push(refuse(403, 'AccessDenied'));
    const failure = await storageOf()
      .put('a', Buffer.from('x'))
      .catch((error: Error) => error);
    expect(failure).toMatchObject({
      code: 'unavailable',
      message: 'The storage of files refuses: HTTP 403 (AccessDenied: It is so)',
    });
    expect(s3.asked).toHaveLength(1);
    expect(JSON.stringify(failure)).not.toContain(secretAccessKey);
  });

  it('may come before all is sent', async () => {
    const { path } = await fileOf(20_000_000);
    s3.faults.push(refuse(403, 'AccessDenied', { connection: 'keep-alive' }));
    await expect(storageOf().put('a', { path })).rejects.toThrow(/AccessDenied/);
    await storageOf().put('a', Buffer.from('x'));
  });

  it('of a bucket that is gone is no file that is gone', async () => {
    s3.faults.push(refuse(404, 'NoSuchBucket'), refuse(404, 'NoSuchBucket'));
    await expect(storageOf().open('a')).rejects.toMatchObject({ code: 'unavailable' });
    await expect(storageOf().remove('a')).rejects.toMatchObject({ code: 'unavailable' });
  });

  it('to send a part is no whole', async () => {
    s3.objects.set('/files/a', Buffer.from('0123456789'));
    const whole = breakOff(Buffer.from('0123456789'), 10, 'silence');
    s3.faults.push(whole, whole);
    const range = { start: 0, end: 0 };
    await expect(storageOf().open('a', range)).rejects.toThrow(/does not send the part/);
    await expect(storageOf().open('a', { start: 5, end: 9 })).rejects.toThrow(/the part/);
    expect(await textOf((await storageOf().open('a', range)).stream)).toBe('0');
  });

  it('that names the region is heeded, and remembered', async () => {
    const elsewhere = refuse(400, 'AuthorizationHeaderMalformed', {
      'x-amz-bucket-region': 'eu-west-3',
    });
    const regions: (string | undefined)[] = [];
    s3.faults.push(elsewhere);
    for (let number = 0; number < 2; number += 1)
      s3.faults.push((request, _, next) => {
        regions.push(request.headers.authorization?.split('/')[2]);
        next();
      });
    const storage = storageOf();
    await storage.put('a', Buffer.from('x'));
    expect((await readBytes(storage)).toString()).toBe('x');
    expect(regions).toEqual(['eu-west-3', 'eu-west-3']);
  });
});

describe('a signal', () => {
  it.each([
    ['put', (storage: S3Storage, signal: AbortSignal) => storage.put('a', Buffer.of(1), signal)],
    ['open', (storage: S3Storage, signal: AbortSignal) => storage.open('a', undefined, signal)],
    ['remove', (storage: S3Storage, signal: AbortSignal) => storage.remove('a', signal)],
  ])('ends a %s that waits', async (_, act) => {
    for (const fault of [never, slowDown]) {
      const controller = new AbortController();
      s3.faults.push((request, response) => {
        setTimeout(() => controller.abort(new Error('Enough')), 20);
        fault(request, response);
      });
      const storage = storageOf({ patienceMs: 30_000 });
      await expect(act(storage, controller.signal)).rejects.toThrow('Enough');
    }
    expect(s3.asked).toHaveLength(2);
  });

  it('ends a stream that waits', async () => {
    s3.faults.push(breakOff(Buffer.alloc(5000), 1000, 'silence'));
    const controller = new AbortController();
    const { stream } = await storageOf().open('a', undefined, controller.signal);
    setTimeout(() => controller.abort(new Error('Enough')), 50);
    await expect(stream.toArray()).rejects.toThrow('Enough');
  });
});

it('tells of a source that is gone meanwhile as it is', async () => {
  const { path } = await fileOf(1000);
  s3.faults.push((request, response) => {
    void rm(path).then(() => slowDown(request, response));
  });
  await expect(storageOf().put('a', { path })).rejects.toMatchObject({ code: 'ENOENT' });
});

it('refuses at once a file that no single request can carry', async () => {
  const path = join(directory, 'huge');
  await (await open(path, 'w')).close();
  await truncate(path, 5 * 2 ** 30 + 1);
  await expect(storageOf().put('a', { path })).rejects.toMatchObject({ code: 'body_too_large' });
  expect(s3.asked).toEqual([]);
});
