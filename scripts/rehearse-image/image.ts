import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, statSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import type { BuildContext } from './build-context.ts';
import { configOf, copyOf, type ImageConfig, type Stage, wordsOf } from './dockerfile.ts';
import { note, step } from './terminal.ts';

/** An image as a folder: what the Dockerfile puts there, without the image that it starts from. */
export interface Image extends ImageConfig {
  readonly root: string;
  /** Moves the absolute paths of the image that stand in a text to where they lie here. */
  inside(text: string): string;
}

/** Folders of the image that are ours; everything else a command names is this machine's. */
const ownPaths = /(?<![\w./-])\/(?=(?:app|data|usr\/local)(?![\w-]))/g;

/** A stage that is being carried out. */
interface Site {
  readonly root: string;
  workdir: string;
  readonly inside: (text: string) => string;
}

/** Where COPY takes files from. */
interface Origins {
  readonly context: BuildContext;
  readonly sites: Map<string, Site>;
}

/** Carries out the instructions of all stages, each in a folder of its own below `folder`. */
export function buildImage(stages: readonly Stage[], context: BuildContext, folder: string): Image {
  const origins: Origins = { context, sites: new Map() };
  for (const stage of stages)
    origins.sites.set(stage.name, buildStage(stage, origins, join(folder, stage.name)));
  const last = origins.sites.get(stages.at(-1)?.name ?? '');
  if (last === undefined) throw new Error('The Dockerfile has no FROM');
  return { ...configOf(stages), root: last.root, inside: last.inside };
}

function buildStage(stage: Stage, origins: Origins, root: string): Site {
  step(`${stage.name}: FROM ${stage.from}`);
  const site: Site = {
    root,
    workdir: '/',
    inside: (text) => text.replaceAll(ownPaths, `${root}/`),
  };
  mkdirSync(join(root, 'usr', 'local', 'bin'), { recursive: true });
  const base = origins.sites.get(stage.from);
  if (base !== undefined) cpSync(base.root, root, { recursive: true, verbatimSymlinks: true });
  for (const { keyword, text } of stage.instructions) {
    step(`${stage.name}: ${keyword} ${text}`);
    if (keyword === 'WORKDIR') enter(site, text);
    else if (keyword === 'COPY') copy(text, site, origins);
    else if (keyword === 'RUN') run(text, site);
  }
  return site;
}

function enter(site: Site, path: string): void {
  site.workdir = path;
  mkdirSync(join(site.root, path), { recursive: true });
}

function copy(text: string, site: Site, { context, sites }: Origins): void {
  const { from: stage, sources, target } = copyOf(text);
  const origin = stage === null ? context.root : sites.get(stage)?.root;
  if (origin === undefined) throw new Error(`COPY from a stage that is not there: ${stage}`);
  const isTaken = (path: string) =>
    stage !== null || path === origin || !context.isIgnored(path.slice(origin.length));
  const place = join(site.root, resolve(site.workdir, target));
  for (const source of sources) {
    const path = join(origin, source).replace(/\/$/, '');
    if (!existsSync(path) || !isTaken(path))
      throw new Error(`COPY ${source}: there is no such file, or .dockerignore leaves it out`);
    // The content of a folder is copied, and a file into the folder that is named.
    const isFile = statSync(path).isFile();
    cpSync(path, isFile && target.endsWith('/') ? join(place, basename(path)) : place, {
      recursive: true,
      verbatimSymlinks: true,
      filter: isTaken,
    });
  }
}

function run(command: string, site: Site): void {
  if (command.includes('apt-get')) {
    simulateInstall(command);
    return;
  }
  const isRoot = process.getuid?.() === 0;
  const owned = isRoot ? command : command.replaceAll(/ -[og] \d+/g, '');
  if (owned !== command) note('owners are left out: not root here');
  shell(site.inside(owned), join(site.root, site.workdir));
}

function shell(command: string, cwd: string): void {
  const started = Date.now();
  const { status, stdout, stderr } = spawnSync('sh', ['-ec', command], { cwd, encoding: 'utf8' });
  if (status !== 0) throw new Error(`The command failed:\n${stdout}${stderr}`);
  const said = stdout.trim().split('\n').at(-1) ?? '';
  note(`${((Date.now() - started) / 1000).toFixed(1)} s${said === '' ? '' : `; ${said}`}`);
}

/** Asks this machine's apt whether it could install what the image installs. */
function simulateInstall(command: string): void {
  const install = command.split('&&').find((part) => part.includes('apt-get install')) ?? '';
  const words = wordsOf(install.trim()).slice(1);
  const { status, stdout, stderr, error } = spawnSync('apt-get', [...words, '--simulate'], {
    encoding: 'utf8',
  });
  if (error !== undefined) {
    note('not checked: there is no apt-get here');
    return;
  }
  if (status !== 0) throw new Error(`apt-get could not install them:\n${stderr}`);
  const release = /^PRETTY_NAME="?([^"\n]*)/m.exec(readFileSync('/etc/os-release', 'utf8'))?.[1];
  const count = stdout.split('\n').filter((line) => line.startsWith('Inst ')).length;
  note(`simulated on ${release}: every package is known, ${count} would be installed or upgraded`);
}
