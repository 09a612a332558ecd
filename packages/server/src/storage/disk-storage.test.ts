import { createHash } from 'node:crypto';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { LapwingError } from '../errors.ts';
import { DiskStorage } from './disk-storage.ts';

let directory = '';
let storage: DiskStorage;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'lapwing-storage-'));
  storage = new DiskStorage(directory);
});
afterEach(() => rm(directory, { recursive: true }));

const text = async (key: string, range?: { start: number; end: number }) =>
  Buffer.concat(await (await storage.open(key, range)).stream.toArray()).toString();

it('gives back what was put, whole or in part, with size and checksum', async () => {
  const bytes = Buffer.from('0123456789');
  const stored = await storage.put('o_1/wr_1/a_1', bytes);
  expect(stored).toEqual({ size: 10, checksum: createHash('sha256').update(bytes).digest('hex') });
  expect(await text('o_1/wr_1/a_1')).toBe('0123456789');
  expect(await text('o_1/wr_1/a_1', { start: 2, end: 4 })).toBe('234');
});

it('copies a file and leaves nothing else behind', async () => {
  const source = join(directory, 'source.bin');
  await writeFile(source, Buffer.alloc(300_000, 7));
  expect(await storage.put('a/b', { path: source })).toMatchObject({ size: 300_000 });
  expect(await readdir(join(directory, 'a'))).toEqual(['b']);
});

it('leaves nothing behind when the source cannot be read', async () => {
  await expect(storage.put('a/b', { path: join(directory, 'none') })).rejects.toThrow(/ENOENT/);
  expect(await readdir(join(directory, 'a'))).toEqual([]);
});

it('says that bytes are gone', async () => {
  await expect(storage.open('a/gone')).rejects.toBeInstanceOf(LapwingError);
});

it.each(['../x', '/etc/passwd', 'a/../../b', '', 'a//b', 'a\0b'])(
  'refuses the key %j',
  async (key) => {
    await expect(storage.put(key, Buffer.of(1))).rejects.toThrow(/no storage key/);
  },
);
