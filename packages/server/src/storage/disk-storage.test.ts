import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { DiskStorage } from './disk-storage.ts';
import { itKeepsFiles } from './testing/contract.ts';

let directory = '';
let storage: DiskStorage;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'lapwing-storage-'));
  storage = new DiskStorage(directory);
});
afterEach(() => rm(directory, { recursive: true }));

itKeepsFiles(() => storage);

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
