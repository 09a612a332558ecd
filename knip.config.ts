import type { KnipConfig } from 'knip';

/**
 * Checked twice. `knip` sees all code: nothing unused, nothing exported without need. `knip --production` sees no tests:
 * what only they use is dead, but a part of a module may be exported for its test.
 */
const isProduction = process.argv.includes('--production');

const sources = ['src/**/*.ts!', '!src/**/*.test.ts!', '!src/**/testing/**!'];

const config: KnipConfig = {
  // dependency-cruiser checks it, for the packages; tests and scripts use what the packages brought.
  exclude: ['unlisted'],
  ignoreBinaries: ['apt-get'],
  ignoreExportsUsedInFile: isProduction || { interface: true, type: true },
  workspaces: {
    '.': {
      entry: [
        'scripts/*.{ts,mjs}!',
        'test/**/*.test.ts',
        'test/site/main.ts!',
        'test/bench/main.ts!',
      ],
      project: ['scripts/**/*.{ts,mjs}!', 'test/**/*.ts', 'test/{site,bench}/**/*.ts!'],
    },
    'packages/server': {
      // The sandbox's are started by path, in Deno.
      entry: [
        'src/main.ts!',
        'src/sandbox/child/{broker,javascript,python}.ts!',
        'src/**/*.test.ts',
      ],
      project: sources,
      // A program, found by its path.
      ignoreDependencies: ['deno'],
    },
    'packages/*': { entry: ['src/**/*.test.ts'], project: sources },
  },
};

export default config;
