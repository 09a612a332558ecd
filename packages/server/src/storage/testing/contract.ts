import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Storage, StorageRange } from '../storage.ts';

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
export const textOf = async (stream: Readable) => Buffer.concat(await stream.toArray()).toString();

/** The storage to try, and what its tests share. */
interface World {
  readonly storage: () => Storage;
  readonly fileOf: (bytes: Uint8Array) => Promise<{ readonly path: string }>;
  readonly newKey: () => string;
  readonly read: (key: string, range?: StorageRange) => Promise<string>;
}

/**
 * What every storage of files does, as tests of the file that calls this.
 * @param storage The one to try; asked for in each test.
 */
export function itKeepsFiles(storage: () => Storage): void {
  let directory = '';
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'lapwing-contract-'));
  });
  afterAll(() => rm(directory, { recursive: true }));
  const world: World = {
    storage,
    fileOf: async (bytes) => {
      const path = join(directory, randomBytes(6).toString('hex'));
      await writeFile(path, bytes);
      return { path };
    },
    newKey: () => `o_1/wr_1/a_${randomBytes(6).toString('hex')}`,
    read: async (key, range) => textOf((await storage().open(key, range)).stream),
  };
  itGivesBack(world);
  itKeepsNothingElse(world);
  itHeedsSignals(world);
  itRefusesKeys(world);
}

function itGivesBack({ storage, fileOf, newKey, read }: World): void {
  it('gives back what was put, whole or in part, with size and checksum', async () => {
    const bytes = Buffer.from('0123456789');
    for (const source of [bytes, await fileOf(bytes)]) {
      const key = newKey();
      const stored = await storage().put(key, source);
      expect(stored).toEqual({ size: 10, checksum: sha256(bytes) });
      expect(await read(key)).toBe('0123456789');
      expect(await read(key, { start: 2, end: 4 })).toBe('234');
      expect(await read(key, { start: 9, end: 9 })).toBe('9');
    }
  });

  it('leaves out of a part what lies behind the end', async () => {
    const key = newKey();
    await storage().put(key, Buffer.from('0123456789'));
    expect(await read(key, { start: 8, end: 500 })).toBe('89');
    expect(await read(key, { start: 10, end: 500 })).toBe('');
  });

  it('keeps a file that is empty', async () => {
    for (const source of [Buffer.alloc(0), await fileOf(Buffer.alloc(0))]) {
      const key = newKey();
      const stored = await storage().put(key, source);
      expect(stored).toEqual({ size: 0, checksum: sha256(Buffer.alloc(0)) });
      expect(await read(key)).toBe('');
    }
  });

  it('keeps a file of many pieces', async () => {
    const bytes = randomBytes(5_000_001);
    const key = newKey();
    expect(await storage().put(key, await fileOf(bytes))).toMatchObject({ size: bytes.length });
    const whole = await (await storage().open(key)).stream.toArray();
    expect(Buffer.concat(whole).equals(bytes)).toBe(true);
    const part = await (await storage().open(key, { start: 70_000, end: 4_000_000 })).stream;
    expect(Buffer.concat(await part.toArray()).equals(bytes.subarray(70_000, 4_000_001))).toBe(
      true,
    );
  });
}

function itKeepsNothingElse({ storage, newKey, read }: World): void {
  it('keeps nothing when the source cannot be read', async () => {
    const key = newKey();
    const source = { path: join(tmpdir(), newKey()) };
    await expect(storage().put(key, source)).rejects.toThrow(/ENOENT/);
    await expect(storage().open(key)).rejects.toMatchObject({ code: 'not_found' });
  });

  it('removes, and has nothing against what is not there', async () => {
    const key = newKey();
    await storage().put(key, Buffer.from('x'));
    await storage().remove(key);
    await expect(storage().open(key)).rejects.toMatchObject({
      name: 'LapwingError',
      code: 'not_found',
      message: expect.stringContaining(key),
    });
    await storage().remove(key);
  });

  it('lets a reader leave early', async () => {
    const key = newKey();
    await storage().put(key, randomBytes(3_000_000));
    const { stream } = await storage().open(key);
    for await (const chunk of stream) if (chunk.length > 0) break;
    expect(stream.destroyed).toBe(true);
    expect(await read(key, { start: 0, end: 9 })).not.toBe('');
  });
}

function itHeedsSignals({ storage, fileOf, newKey, read }: World): void {
  it('does nothing for a signal that has fired', async () => {
    const key = newKey();
    const signal = AbortSignal.abort(new Error('Enough'));
    await expect(storage().put(key, Buffer.from('x'), signal)).rejects.toThrow('Enough');
    await expect(storage().put(key, await fileOf(Buffer.from('x')), signal)).rejects.toThrow(
      'Enough',
    );
    await expect(storage().open(key)).rejects.toMatchObject({ code: 'not_found' });
    await storage().put(key, Buffer.from('x'));
    await expect(storage().open(key, undefined, signal)).rejects.toThrow('Enough');
    await expect(storage().remove(key, signal)).rejects.toThrow('Enough');
    expect(await read(key)).toBe('x');
  });

  it('ends a stream when the signal fires', async () => {
    const key = newKey();
    await storage().put(key, randomBytes(3_000_000));
    const controller = new AbortController();
    const { stream } = await storage().open(key, undefined, controller.signal);
    const reading = async () => {
      for await (const chunk of stream) if (chunk.length > 0) controller.abort();
    };
    await expect(reading()).rejects.toMatchObject({ name: 'AbortError' });
  });
}

function itRefusesKeys({ storage }: World): void {
  it.each(['../x', '/etc/passwd', 'a/../../b', '', 'a//b', 'a\0b', 'a?b', 'a b'])(
    'refuses the key %j',
    async (key) => {
      await expect(storage().put(key, Buffer.of(1))).rejects.toThrow(/no storage key/);
      await expect(storage().open(key)).rejects.toThrow(/no storage key/);
      await expect(storage().remove(key)).rejects.toThrow(/no storage key/);
    },
  );
}
