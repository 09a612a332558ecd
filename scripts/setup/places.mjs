import { readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../../', import.meta.url));
export const modules = join(root, 'node_modules');
/** Goes with the dependencies, as all that is in it depends on them. */
export const cache = join(modules, '.cache', 'lapwing');

/** The PATH without this project's programs: npm must not run on a Node that it is about to replace. */
export function outerPath() {
  const parts = (process.env.PATH ?? '').split(delimiter);
  return parts.filter((part) => !part.startsWith(modules)).join(delimiter);
}

/** The environment of npm's scripts: this project's Node and programs first. */
export function innerEnv() {
  return { ...process.env, PATH: [join(modules, '.bin'), outerPath()].join(delimiter) };
}

/** The JSON in a file; null when it is missing or broken. */
export function readJson(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    return null;
  }
}
