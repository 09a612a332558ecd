import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, existsSync, mkdirSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Image } from './image.ts';

export type Role = 'all' | 'api' | 'worker';

export interface ContainerOptions {
  readonly role: Role;
  /** Variables beside those of the image. */
  readonly env: Readonly<Record<string, string>>;
  /** The folder that takes the place of the volume /data; made here. */
  readonly data: string;
  /** The folder that is mounted at /data/files; null: the container has its own. */
  readonly files: string | null;
}

const startMs = 60_000;
const stopMs = 40_000;

/** A role of the image as a process of this machine: with its variables only, and as its user where we are root. */
export class Container {
  readonly role: Role;
  readonly #image: Image;
  readonly #env: NodeJS.ProcessEnv;
  readonly #child: ChildProcess;
  #output = '';

  constructor(image: Image, options: ContainerOptions) {
    this.role = options.role;
    this.#image = image;
    this.#env = { ...environmentOf(image, options.data), ...options.env };
    makeData(image, options);
    const [program = '', ...parameters] = entrypointOf(image, options.role);
    this.#child = spawn(program, parameters, {
      cwd: join(image.root, 'app'),
      env: this.#env,
      stdio: ['ignore', 'pipe', 'pipe'],
      ...userOf(image),
    });
    const hear = (chunk: Buffer) => {
      this.#output += chunk.toString();
    };
    this.#child.stdout?.on('data', hear);
    this.#child.stderr?.on('data', hear);
  }

  /** What it has printed. */
  get output(): string {
    return this.#output;
  }

  /** Asks the image's HEALTHCHECK until it is content; answers what that printed. */
  async healthy(): Promise<string> {
    const deadline = Date.now() + startMs;
    for (;;) {
      const check = runIn(this.#image, [...this.#image.healthcheck, this.role], this.#env);
      if (check.status === 0) return check.output;
      if (this.#child.exitCode !== null || Date.now() > deadline)
        throw new Error(`The ${this.role} is not healthy: ${check.output}\n${this.#output}`);
      await delay(250);
    }
  }

  /** Stops it as an engine does; answers its exit code. */
  async stop(): Promise<number> {
    if (this.#child.exitCode !== null) return this.#child.exitCode;
    const exited = once(this.#child, 'exit');
    this.#child.kill(this.#image.stopSignal as NodeJS.Signals);
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), stopMs);
    const [code] = await exited;
    clearTimeout(timer);
    return code ?? -1;
  }
}

/** Runs another command of the image. */
export function runIn(
  image: Image,
  command: readonly string[],
  env: NodeJS.ProcessEnv = environmentOf(image, join(image.root, 'data')),
): { readonly status: number; readonly output: string } {
  const [program = '', ...parameters] = command.map(image.inside);
  const { status, stdout, stderr } = spawnSync(program, parameters, {
    cwd: join(image.root, 'app'),
    env,
    encoding: 'utf8',
    ...userOf(image),
  });
  return { status: status ?? -1, output: `${stdout}${stderr}`.trim() };
}

/** Where PATH leads: what the image put there, the Node that runs us, this machine's programs. */
function pathOf(image: Image): string {
  const own = join(image.root, 'usr', 'local', 'bin');
  return [own, dirname(process.execPath), '/usr/local/bin', '/usr/bin', '/bin'].join(':');
}

function environmentOf(image: Image, data: string): NodeJS.ProcessEnv {
  const entries = Object.entries(image.env).map(([name, value]) => [
    name,
    value === '/data' ? data : image.inside(value),
  ]);
  return { ...Object.fromEntries(entries), PATH: pathOf(image), LAPWING_HOST: '127.0.0.1' };
}

/** Without tini where this machine has none: there are other processes to collect orphans here. */
function entrypointOf(image: Image, role: Role): string[] {
  const { entrypoint } = image;
  const hasTini = existsSync('/usr/bin/tini');
  const words = entrypoint[0] === 'tini' && !hasTini ? entrypoint.slice(2) : [...entrypoint];
  return [...words, role];
}

/** The image's user where we may become it, else ourselves. */
function userOf(image: Image): { readonly uid?: number; readonly gid?: number } {
  if (process.getuid?.() !== 0) return {};
  const [uid = 0, gid = 0] = image.user.split(':').map(Number);
  return { uid, gid };
}

/** New volumes, with the owner that the folder has in the image. */
function makeData(image: Image, { data, files }: ContainerOptions): void {
  const { uid, gid } = userOf(image);
  const own = (path: string) => {
    mkdirSync(path, { recursive: true });
    if (uid !== undefined && gid !== undefined) chownSync(path, uid, gid);
  };
  own(data);
  if (files === null) return;
  own(files);
  symlinkSync(files, join(data, 'files'));
}
