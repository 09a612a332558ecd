import { readdirSync } from 'node:fs';
import { join } from 'node:path';

interface Pattern {
  readonly text: string;
  readonly keeps: boolean;
  readonly expression: RegExp;
}

/** What of a folder an engine is given to build with. */
export interface BuildContext {
  readonly root: string;
  /** Whether a path, relative to the root, is left out. */
  isIgnored(path: string): boolean;
  /** Every file that is not left out, relative to the root. */
  files(): string[];
}

/** A `.dockerignore`: the last pattern that fits a path, or a folder above it, decides. */
export function openContext(root: string, ignoreFile: string): BuildContext {
  const patterns = parse(ignoreFile);
  const isIgnored = (path: string) => {
    const steps = path.split('/');
    const parents = steps.map((_, index) => steps.slice(0, index + 1).join('/'));
    const deciding = patterns.findLast(({ expression }) =>
      parents.some((parent) => expression.test(parent)),
    );
    return deciding !== undefined && !deciding.keeps;
  };
  // A folder that is left out is looked into only for what a pattern below it keeps.
  const isEntered = (folder: string) =>
    !isIgnored(folder) ||
    patterns.some(({ keeps, text }) => keeps && text.startsWith(`${folder}/`));
  const list = (folder: string): string[] =>
    readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
      const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
      if (entry.isDirectory()) return isEntered(path) ? list(path) : [];
      return isIgnored(path) ? [] : [path];
    });
  return { root, isIgnored, files: () => list('') };
}

function parse(ignoreFile: string): Pattern[] {
  return ignoreFile
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => {
      const keeps = line.startsWith('!');
      const text = (keeps ? line.slice(1) : line).replace(/^\/|\/$/g, '');
      return { text, keeps, expression: expressionOf(text) };
    });
}

/** `**` stands for any folders, `*` and `?` for what is no slash. */
function expressionOf(pattern: string): RegExp {
  const source = pattern.replaceAll(/\*\*\/?|[*?]|[^\w/]/g, (part) => {
    if (part === '**/') return '(?:.*/)?';
    if (part === '**') return '.*';
    if (part === '*') return '[^/]*';
    return part === '?' ? '[^/]' : `\\${part}`;
  });
  return new RegExp(`^${source}$`);
}
