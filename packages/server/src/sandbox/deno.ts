import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { LapwingError } from '../errors.ts';

/** `javascript` runs TypeScript too. */
export type ChildKind = 'javascript' | 'python';

const childDirectory = fileURLToPath(new URL('./child/', import.meta.url));
const require = createRequire(import.meta.url);

/** Above every limit that a run may set: the child's resident memory is what is watched. */
const heapMegabytes = 1024;

/** How to start a child: the program, its arguments, its whole environment and its directory. */
export function childCommand(kind: ChildKind) {
  const pyodide = dirname(require.resolve('pyodide/package.json'));
  const readable = kind === 'python' ? [childDirectory, pyodide] : [childDirectory];
  return {
    program: findDeno(),
    args: [
      'run',
      '--quiet',
      '--no-prompt',
      '--no-config',
      '--no-lock',
      '--no-npm',
      '--no-remote',
      '--cached-only',
      '--no-code-cache',
      `--v8-flags=--max-old-space-size=${heapMegabytes}`,
      // Given up by the child itself before it reads any user code.
      `--allow-read=${readable.map((path) => path.replaceAll(',', ',,')).join(',')}`,
      join(childDirectory, 'broker.ts'),
      kind,
      ...(kind === 'python' ? [pyodide] : []),
    ],
    // A cache directory that cannot exist keeps everything in memory, also what user code imports from `data:`.
    env: { DENO_DIR: '/dev/null/none', DENO_NO_UPDATE_CHECK: '1', NO_COLOR: '1' },
    cwd: childDirectory,
  };
}

function findDeno(): string {
  const program = process.platform === 'win32' ? 'deno.exe' : 'deno';
  const wrapper = require.resolve('deno/package.json');
  const beside = createRequire(wrapper);
  const candidates = platformPackages().flatMap((name) => {
    try {
      return [join(dirname(beside.resolve(`${name}/package.json`)), program)];
    } catch {
      return [];
    }
  });
  const found = [...candidates, join(dirname(wrapper), program)].find((path) => existsSync(path));
  if (found === undefined) {
    throw new LapwingError(
      'unavailable',
      `User code cannot run: the npm package "deno" has no program for ${process.platform}-${process.arch}. Install the dependencies again, without --omit=optional.`,
    );
  }
  return found;
}

function platformPackages(): string[] {
  const target = `@deno/${process.platform}-${process.arch}`;
  return process.platform === 'linux' ? [`${target}-glibc`] : [target];
}
