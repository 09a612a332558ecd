import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, realpathSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { modules } from './places.mjs';
import { say } from './terminal.mjs';

const shells = ['chromium-headless-shell', 'chrome-headless-shell', 'headless_shell'];
const full = ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome', 'chrome'];
const applications = [
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
];

function inPath() {
  const folders = [
    ...(process.env.PATH ?? '').split(delimiter).filter((folder) => folder !== ''),
    '/usr/bin',
    '/usr/local/bin',
    '/opt/homebrew/bin',
  ];
  return [...shells, ...full].flatMap((name) => folders.map((folder) => join(folder, name)));
}

function entries(folder) {
  try {
    return readdirSync(folder).map((name) => join(folder, name));
  } catch {
    return [];
  }
}

/** Where Playwright keeps its downloads: `<registry>/<browser>-<revision>/<build>/<program>`. */
function playwrightDownloads() {
  const folder = process.platform === 'darwin' ? 'Library/Caches' : '.cache';
  const registry = process.env.PLAYWRIGHT_BROWSERS_PATH || join(homedir(), folder, 'ms-playwright');
  const inside = join('Chromium.app', 'Contents', 'MacOS', 'Chromium');
  return entries(registry)
    .filter((path) => /chromium[^/]*-\d+$/.test(path))
    .flatMap(entries)
    .flatMap((build) => [...shells, 'chrome', inside].map((name) => join(build, name)));
}

/** Ubuntu's `chromium-browser` is a script that asks for a snap, and a snap sees neither our folders nor our flags. */
function isSnap(path) {
  return /^\/snap\/|\/usr\/bin\/snap$/.test(realpathSync(path));
}

/** What is there but cannot start (libraries missing, a placeholder) does not count. */
function runs(path) {
  return spawnSync(path, ['--version'], { timeout: 15_000, stdio: 'ignore' }).status === 0;
}

function kindOf(path) {
  return /headless.shell/.test(path) ? 'headless-shell' : 'chromium';
}

/** A Chromium of this machine, as `{path, kind}`; null when there is none that starts. */
export function findBrowser() {
  const preset = process.env.LAPWING_BROWSER_PATH;
  if (preset) {
    if (existsSync(preset)) return { path: preset, kind: kindOf(preset) };
    say(`LAPWING_BROWSER_PATH: there is nothing at ${preset}`);
    process.exit(1);
  }
  const candidates = [...inPath(), ...applications, ...playwrightDownloads()];
  const path = candidates.find((file) => existsSync(file) && !isSnap(file) && runs(file));
  return path === undefined ? null : { path, kind: kindOf(path) };
}

/** The Chromium of the npm package, which the server unpacks at its first use; null when it is not installed. */
export function findPackagedBrowser() {
  const path = join(modules, '@sparticuz', 'chromium');
  return existsSync(path) ? { path, kind: 'npm' } : null;
}
