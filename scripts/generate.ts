import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { openApiDocument } from '../packages/protocol/src/index.ts';
import { blockPages } from './generate/block-pages.ts';
import { settingsTable } from './generate/settings-table.ts';

/**
 * Writes the files that are made from the tables of the code: `docs/openapi.json`, `docs/blocks.md` and the settings in
 * README.md. With `--check` nothing is written, and it fails when one of them is not up to date.
 */

const root = new URL('../', import.meta.url);
const read = (path: string) => readFileSync(new URL(path, root), 'utf8');
const version: string = JSON.parse(read('packages/server/package.json')).version;

function openApi(): string {
  return `${JSON.stringify(openApiDocument(version), null, 2)}\n`;
}

function between(text: string, marker: string, content: string): string {
  const start = `<!-- ${marker}: made by npm run generate -->`;
  const end = `<!-- /${marker} -->`;
  const from = text.indexOf(start);
  const to = text.indexOf(end);
  if (from < 0 || to < from)
    throw new Error(`README.md has no place for ${marker}: it needs ${start} and ${end}`);
  return `${text.slice(0, from + start.length)}\n${content}\n${text.slice(to)}`;
}

const generated: Readonly<Record<string, () => string>> = {
  'docs/openapi.json': openApi,
  'docs/blocks.md': blockPages,
  'README.md': () => between(read('README.md'), 'settings', settingsTable()),
};

const stale = Object.entries(generated).filter(([path, make]) => {
  const content = make();
  let current = '';
  try {
    current = read(path);
  } catch {
    // Not there yet.
  }
  if (current === content) return false;
  if (!process.argv.includes('--check')) writeFileSync(fileURLToPath(new URL(path, root)), content);
  return true;
});
for (const [path] of stale)
  console.log(process.argv.includes('--check') ? `${path} is not up to date` : `Wrote ${path}`);
if (process.argv.includes('--check') && stale.length > 0) {
  console.error('Run npm run generate and commit what it writes.');
  process.exit(1);
}
