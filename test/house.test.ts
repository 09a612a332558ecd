import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { settings } from '../packages/server/src/config.ts';

const root = new URL('../', import.meta.url);
const read = (path: string) => readFileSync(new URL(path, root), 'utf8');
const documents = ['README.md', 'ARCHITECTURE.md', 'AGENTS.md', 'CONTRIBUTING.md'];

/** Paths in backticks that begin like a folder of this repository; patterns and examples with `<…>` are left out. */
function namedPaths(document: string): string[] {
  const quoted = [
    ...read(document).matchAll(/`((?:packages|test|docs|scripts|examples|deploy)\/[^`\s]*)`/g),
  ];
  return quoted.map((match) => match[1] ?? '').filter((path) => !/[<>*{]/.test(path));
}

it.each(documents)('%s names only files that exist', (document) => {
  const missing = namedPaths(document).filter(
    (path) => !existsSync(fileURLToPath(new URL(path, root))),
  );
  expect(missing).toEqual([]);
});

it('tells the architecture in 150 lines at most, and follows a run through at least ten files', () => {
  const text = read('ARCHITECTURE.md');
  expect(text.split('\n').length).toBeLessThanOrEqual(150);
  expect(namedPaths('ARCHITECTURE.md').length).toBeGreaterThanOrEqual(10);
});

it('lists every setting in README', () => {
  const missing = Object.keys(settings.shape).filter(
    (name) => !read('README.md').includes(`\`${name}\``),
  );
  expect(missing).toEqual([]);
});

it('gives every domain a service and a store', () => {
  const domains = readdirSync(new URL('packages/server/src/domain', root));
  for (const domain of domains) {
    const files = readdirSync(new URL(`packages/server/src/domain/${domain}`, root));
    expect(files, domain).toEqual(expect.arrayContaining(['service.ts', 'store.ts']));
  }
});
