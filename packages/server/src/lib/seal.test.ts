import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { loadOrCreateKey, Seal } from './seal.ts';

const seal = new Seal(new Uint8Array(32).fill(1));
let directory = '';
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'lapwing-seal-'));
});
afterEach(() => rm(directory, { recursive: true }));

it('opens what it sealed, and seals the same text differently each time', () => {
  expect(seal.open(seal.seal('Žofie'))).toBe('Žofie');
  expect(seal.seal('a')).not.toBe(seal.seal('a'));
});

it('refuses another key and a changed text', () => {
  const sealed = seal.seal('secret');
  expect(() => new Seal(new Uint8Array(32)).open(sealed)).toThrow(/secret key/);
  expect(() => seal.open(`${sealed.slice(0, -2)}AA`)).toThrow();
  expect(() => seal.open('secret')).toThrow(/not a sealed text/);
});

it('derives another key for each purpose', () => {
  expect(seal.derive('a')).toEqual(seal.derive('a'));
  expect(seal.derive('a')).not.toEqual(seal.derive('b'));
});

it('makes one key file, readable by its owner only, however many start at once', async () => {
  const path = join(directory, 'data', 'secret.key');
  const keys = await Promise.all(Array.from({ length: 5 }, () => loadOrCreateKey(path)));
  expect(new Set(keys.map((key) => Buffer.from(key).toString('hex'))).size).toBe(1);
  expect((await stat(path)).mode & 0o077).toBe(0);
});

it('refuses a key file that was damaged rather than making a new one', async () => {
  const path = join(directory, 'secret.key');
  await writeFile(path, 'oops');
  await expect(loadOrCreateKey(path)).rejects.toThrow(/holds no secret key/);
});
