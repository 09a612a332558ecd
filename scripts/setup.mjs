// Makes a fresh clone ready: dependencies, a Chromium, a packed database. Runs before the install, so on plain Node 18
// and without any package; when nothing is to be done it ends within a moment.
//
//   node scripts/setup.mjs [--no-browser]
import { fail } from './setup/terminal.mjs';

const oldest = 18;
if (Number(process.versions.node.split('.')[0]) < oldest) {
  fail(
    `Lapwing needs Node ${oldest} or newer to set itself up; this is ${process.version}.`,
    'Install a current Node (https://nodejs.org), then run the command again.',
  );
}

// Loaded only now: an older Node may not be able to read them.
const { withLock } = await import('./setup/lock.mjs');
const { isInstalled, installDependencies } = await import('./setup/dependencies.mjs');
const { isBrowserReady, provideBrowser } = await import('./setup/browser.mjs');
const { isSeeded, packSeed } = await import('./setup/seed.mjs');

const needsBrowser = !process.argv.includes('--no-browser');

function isReady() {
  return isInstalled() && isSeeded() && (!needsBrowser || isBrowserReady());
}

if (!isReady()) {
  await withLock(async () => {
    if (!isInstalled()) await installDependencies();
    if (!isSeeded()) await packSeed();
    if (needsBrowser && !isBrowserReady()) await provideBrowser();
  });
}
