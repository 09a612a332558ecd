import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { freeName, moveToFreeName, safeFileName } from './file-names.ts';

it('keeps a plain name as it is', () => {
  expect(safeFileName('Bericht März.pdf')).toBe('Bericht März.pdf');
});

it.each([
  ['../../etc/passwd', 'passwd'],
  ['C:\\temp\\a.txt', 'a.txt'],
  ['a\u0000b\u202e.txt', 'a_b_.txt'],
  ['.bashrc', 'bashrc'],
  ['...', 'file'],
  [' .. ', 'file'],
  ['', 'file'],
  ['a:b?.csv', 'a_b_.csv'],
])('makes %j safe', (suggested, safe) => {
  expect(safeFileName(suggested)).toBe(safe);
});

it('shortens a long name before its extension, never inside a character', () => {
  const name = safeFileName(`${'ü'.repeat(300)}.xlsx`);
  expect(Buffer.byteLength(name)).toBeLessThanOrEqual(200);
  expect(name).toMatch(/^ü+\.xlsx$/);
});

it('numbers a name that is taken before its extension', () => {
  expect(freeName('a.tar.gz', new Set())).toBe('a.tar.gz');
  expect(freeName('a.csv', new Set(['a.csv', 'a_1.csv']))).toBe('a_2.csv');
  expect(freeName('x/README', new Set(['README']))).toBe('README_1');
});

it('gives files of one name different names, even when they come at once', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'names-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const parts = ['1', '2', '3'].map((id) => join(folder, `${id}.part`));
  await Promise.all(parts.map((part) => writeFile(part, part)));
  const names = await Promise.all(parts.map((part) => moveToFreeName(part, folder, 'r.csv')));
  expect(names.toSorted()).toEqual(['r.csv', 'r_1.csv', 'r_2.csv']);
  expect((await readdir(folder)).toSorted()).toEqual(['r.csv', 'r_1.csv', 'r_2.csv']);
});
