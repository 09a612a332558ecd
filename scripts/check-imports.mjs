// The import rules of .dependency-cruiser.cjs. Fails on a violation, and when not every module was seen:
// dependency-cruiser checks nothing, and is content, where it cannot read TypeScript.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cruise, format } from 'dependency-cruiser';
import extractOptions from 'dependency-cruiser/config-utl/extract-depcruise-options';
import extractTsConfig from 'dependency-cruiser/config-utl/extract-ts-config';

const root = fileURLToPath(new URL('../', import.meta.url));
process.chdir(root);

const folders = ['packages', 'test', 'scripts'];
const options = await extractOptions('./.dependency-cruiser.cjs');
const { output } = await cruise(
  folders,
  options,
  {},
  { tsConfig: extractTsConfig('tsconfig.json') },
);

function sourcesOnDisk() {
  const excluded = new RegExp(options.exclude.path);
  return folders
    .flatMap((folder) => readdirSync(folder, { recursive: true }).map((path) => join(folder, path)))
    .filter((path) => /\.(ts|tsx|mjs)$/.test(path))
    .filter((path) => !path.includes('node_modules') && !excluded.test(path));
}

const seen = new Set(output.modules.map(({ source }) => source));
const missed = sourcesOnDisk().filter((path) => !seen.has(path));
const report = await format(output, { outputType: 'err' });
console.log(report.output);
if (missed.length > 0) console.error(`Not checked: ${missed.join(', ')}`);
if (seen.size === 0) console.error('No module was checked.');
process.exit(report.exitCode > 0 || missed.length > 0 || seen.size === 0 ? 1 : 0);
