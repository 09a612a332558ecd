import { constants } from 'node:fs';
import { access, readdir, realpath } from 'node:fs/promises';
import { basename, delimiter, dirname, join } from 'node:path';
import { chromium } from 'playwright-core';
import { BrowserUnavailable } from './failures.ts';
import type { BrowserKind, BrowserSettings } from './settings.ts';
import { unpackedChromium } from './unpacked-chromium.ts';

export interface Executable {
  readonly path: string;
  /** Variables that this executable needs beside the usual ones. */
  readonly env: Readonly<Record<string, string>>;
  readonly kind: BrowserKind;
}

const commands: Record<BrowserKind, readonly string[]> = {
  'headless-shell': ['chromium-headless-shell', 'chrome-headless-shell', 'headless_shell'],
  chromium: ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome', 'chrome'],
};

const applications = [
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
];

const folders = ['/usr/bin', '/usr/local/bin', '/snap/bin', '/opt/homebrew/bin'];

/**
 * The Chromium to start: the one of the settings, else one of the machine, else Playwright's download, else the one in
 * the npm package `@sparticuz/chromium`. Rejects with {@link BrowserUnavailable} saying what to install.
 */
export async function findExecutable(
  settings: BrowserSettings,
  searchPath: string | undefined,
): Promise<Executable> {
  if (settings.executablePath !== null) return explicit(settings.executablePath);
  for (const path of await candidates(settings.kind, searchPath)) {
    if (await executable(path)) return { path, env: {}, kind: await kindOf(path) };
  }
  const unpacked = await unpackedChromium(join(settings.directory, 'cache'));
  if (unpacked !== null) return { ...unpacked, kind: 'headless-shell' };
  throw new BrowserUnavailable(
    'No Chromium was found. Install one (Debian and Ubuntu: apt-get install chromium-headless-shell; ' +
      'elsewhere: npx playwright-core install chromium, or npm install @sparticuz/chromium), ' +
      'or set the path of a Chromium that is there.',
  );
}

async function explicit(path: string): Promise<Executable> {
  if (await executable(path)) return { path, env: {}, kind: await kindOf(path) };
  throw new BrowserUnavailable(
    `The browser executable ${path} of the settings is missing or may not be executed.`,
  );
}

async function candidates(kind: BrowserKind, searchPath: string | undefined): Promise<string[]> {
  const other = kind === 'chromium' ? 'headless-shell' : 'chromium';
  const path = (searchPath ?? '').split(delimiter).filter((folder) => folder !== '');
  const inFolders = (names: readonly string[]) =>
    names.flatMap((name) => [...path, ...folders].map((folder) => join(folder, name)));
  return [
    ...inFolders(commands[kind]),
    ...inFolders(commands[other]),
    ...applications,
    ...(await playwrightDownloads(kind)),
  ];
}

/** Playwright knows the path of its full Chromium only; its shell lies in a folder beside it. */
async function playwrightDownloads(kind: BrowserKind): Promise<string[]> {
  const full = chromium.executablePath();
  const registry = dirname(dirname(dirname(full)));
  const shells = await entries(registry, (name) => name.startsWith('chromium_headless_shell-'));
  const builds = (await Promise.all(shells.map((shell) => entries(shell, () => true)))).flat();
  const shellPaths = builds.flatMap((build) =>
    commands['headless-shell'].map((name) => join(build, name)),
  );
  return kind === 'chromium' ? [full, ...shellPaths] : [...shellPaths, full];
}

async function entries(folder: string, wanted: (name: string) => boolean): Promise<string[]> {
  const names = await readdir(folder).catch(() => []);
  return names.filter(wanted).map((name) => join(folder, name));
}

async function kindOf(path: string): Promise<BrowserKind> {
  const names = [basename(path), basename(await realpath(path))];
  return names.some((name) => /headless.shell/.test(name)) ? 'headless-shell' : 'chromium';
}

async function executable(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
