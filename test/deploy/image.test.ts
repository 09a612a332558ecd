import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readConfig, settings } from '../../packages/server/src/config.ts';
import { copyOf, wordsOf } from '../../scripts/rehearse-image/dockerfile.ts';
import { context, image, read, root, stages, strangers, windUpSeconds } from './manifests.ts';

const commands = stages.flatMap(({ instructions }) =>
  instructions.filter(({ keyword }) => keyword === 'RUN').map(({ text }) => text),
);
const installed = commands.flatMap((command) => {
  const [, packages = ''] = /apt-get install ([^&]*)/.exec(command) ?? [];
  return wordsOf(packages.trim()).filter((word) => word !== '' && !word.startsWith('-'));
});
const config = readConfig(image.env);

describe('the image', () => {
  it('takes what it copies from the build context or from a stage above', () => {
    const files = context.files();
    const missing = stages.flatMap(({ instructions }) =>
      instructions
        .filter(({ keyword }) => keyword === 'COPY')
        .map(({ text }) => copyOf(text))
        .flatMap(({ from, sources }) =>
          from === null
            ? sources.filter(
                (source) => !files.some((file) => file === source || file.startsWith(`${source}/`)),
              )
            : stages.filter(({ name }) => name === from).length === 1
              ? []
              : [from],
        ),
    );
    expect(missing).toEqual([]);
  });

  it('is given the manifest of every package, and neither tests nor anything of the checkout', () => {
    const files = context.files();
    for (const name of readdirSync(`${root}packages`))
      expect(files).toContain(`packages/${name}/package.json`);
    const strange = files.filter(
      (file) =>
        !/^packages\/[^/]+\/(package\.json$|src\/)/.test(file) &&
        !/^(package(-lock)?\.json|\.npmrc|LICENSE|deploy\/(entrypoint\.sh|healthcheck\.mjs))$/.test(
          file,
        ),
    );
    expect(strange).toEqual([]);
    expect(files.filter((file) => /\.test\.ts$|\/testing\/|node_modules|\.env/.test(file))).toEqual(
      [],
    );
  });

  it('installs what production needs, on a Node that runs TypeScript, in one release of Debian', () => {
    expect(commands.join('\n')).toContain('npm ci --omit=dev');
    const bases = stages.map(({ from }) => from);
    expect(new Set(bases).size).toBe(1);
    expect(Number(/^node:(\d+)-trixie-slim$/.exec(bases[0] ?? '')?.[1])).toBeGreaterThanOrEqual(24);
  });

  it('has the browser that its settings name, fonts, and the program that collects orphans', () => {
    expect(`/usr/bin/${installed.find((name) => name.startsWith('chromium'))}`).toBe(
      config.LAPWING_BROWSER_PATH,
    );
    expect(installed).toContain('fonts-liberation');
    expect(installed).toContain(image.entrypoint[0]);
  });

  it('runs as somebody who is not root, and says so by number', () => {
    expect(image.user).toMatch(/^[1-9]\d*:[1-9]\d*$/);
    const [uid, gid] = image.user.split(':');
    const data = config.LAPWING_DATA_DIR;
    expect(commands.join('\n')).toContain(`install -d -o ${uid} -g ${gid} ${data} ${data}/files`);
  });

  it('sets nothing but settings, and no secrets', () => {
    expect(strangers(image.env, settings.shape)).toEqual([]);
    expect(
      Object.keys(image.env).filter((name) => /KEY|TOKEN|SECRET|PASSWORD|URL/.test(name)),
    ).toEqual([]);
  });

  it('keeps its data in a volume, exposes the ports that it listens on, and reaches them', () => {
    expect(image.volumes).toEqual([config.LAPWING_DATA_DIR]);
    expect(image.ports).toEqual([config.LAPWING_PORT, config.LAPWING_WORKER_PORT]);
    expect(config.LAPWING_HOST).toBe('0.0.0.0');
  });

  it('starts a role by its name, and is told to stop by a signal that the server heeds', () => {
    expect(image.entrypoint).toEqual(['tini', '--', 'lapwing']);
    expect(image.command).toEqual(['all']);
    expect(read('packages/server/src/serve.ts')).toContain(`process.on('${image.stopSignal}'`);
    expect(image.healthcheck).toEqual(['node', '/app/deploy/healthcheck.mjs']);
    expect(existsSync(`${root}deploy/healthcheck.mjs`)).toBe(true);
  });
});

describe('entrypoint.sh', () => {
  let programs = '';
  beforeAll(() => {
    programs = mkdtempSync(join(tmpdir(), 'lapwing-entrypoint-'));
    const write = (name: string, text: string) => {
      writeFileSync(join(programs, name), `#!/bin/sh\n${text}\n`);
      chmodSync(join(programs, name), 0o755);
    };
    write('id', 'echo 1000');
    write('unshare', 'exit "$NAMESPACES"');
    // biome-ignore lint/suspicious/noTemplateCurlyInString: it is the shell's
    write('node', 'shift; echo "$* [${LAPWING_BROWSER_ARGS-not set}]"');
  });
  afterAll(() => rmSync(programs, { recursive: true }));

  /** Runs it on a machine that has user namespaces or has not. */
  const enter = (
    namespaces: boolean,
    words: readonly string[],
    env: Record<string, string> = {},
  ) => {
    const { status, stdout, stderr } = spawnSync('sh', [`${root}deploy/entrypoint.sh`, ...words], {
      encoding: 'utf8',
      env: { PATH: `${programs}:/usr/bin:/bin`, NAMESPACES: namespaces ? '0' : '1', ...env },
    });
    return { status, stdout: stdout.trim(), stderr };
  };

  it('leaves Chromium its sandbox where there are user namespaces', () => {
    expect(enter(true, ['worker'])).toEqual({ status: 0, stdout: 'worker [not set]', stderr: '' });
  });

  it.each(['all', 'worker', 'start'])(
    'gives the sandbox up for %s without them, and says so',
    (role) => {
      const { status, stdout, stderr } = enter(false, [role]);
      expect({ status, stdout }).toEqual({ status: 0, stdout: `${role} [--no-sandbox]` });
      expect(stderr).toMatch(/without its sandbox: .* seccomp=deploy\/seccomp\.json/);
    },
  );

  it.each(['', '--hide-scrollbars'])(
    'starts no worker without a sandbox when LAPWING_BROWSER_ARGS is %j',
    (args) => {
      const { status, stdout, stderr } = enter(false, ['worker'], { LAPWING_BROWSER_ARGS: args });
      expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
      expect(stderr).toContain('LAPWING_BROWSER_ARGS=--no-sandbox');
    },
  );

  it('goes without when LAPWING_BROWSER_ARGS says so', () => {
    const { stdout, stderr } = enter(false, ['worker'], {
      LAPWING_BROWSER_ARGS: '--a,--no-sandbox',
    });
    expect({ stdout, stderr }).toEqual({ stdout: 'worker [--a,--no-sandbox]', stderr: '' });
  });

  it.each([['api'], ['start', 'api'], ['key', 'create', '--json']])(
    'asks nothing of `%s %s`, which has no browser',
    (...words) => {
      const given = words.filter((word) => word !== undefined);
      expect(enter(false, given)).toMatchObject({
        stdout: `${given.join(' ')} [not set]`,
        stderr: '',
      });
    },
  );
});

describe('healthcheck.mjs', () => {
  /** What it makes of a server that answers /health so; null: of none. */
  const check = async (role: string, answer: { status: number; body: string } | null) => {
    const server = createServer((request, response) =>
      request.url === '/health' && answer !== null
        ? response.writeHead(answer.status).end(answer.body)
        : response.writeHead(404).end(),
    );
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const port = String((server.address() as AddressInfo).port);
    if (answer === null) server.close();
    const env = { LAPWING_HOST: '0.0.0.0', LAPWING_PORT: '1', LAPWING_WORKER_PORT: '1' };
    const child = spawn(process.execPath, [`${root}deploy/healthcheck.mjs`, role], {
      env: { ...env, [role === 'worker' ? 'LAPWING_WORKER_PORT' : 'LAPWING_PORT']: port },
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk) => {
        output += chunk;
      });
    const [code] = await once(child, 'close');
    server.close();
    return { code, output };
  };

  it.each(['all', 'api', 'worker'])(
    'is content with a healthy %s, on its own port',
    async (role) => {
      const answer = { status: 200, body: '{"status":"ok"}' };
      expect(await check(role, answer)).toEqual({ code: 0, output: '{"status":"ok"}\n' });
    },
  );

  it('shows the fault of one that is not, and of one that does not answer', async () => {
    const failing = await check('worker', { status: 503, body: '{"detail":"database: gone"}' });
    expect(failing).toEqual({ code: 1, output: '{"detail":"database: gone"}\n' });
    const silent = await check('api', null);
    expect(silent.code).toBe(1);
    expect(silent.output).toMatch(/^The api does not answer on port \d+: .*ECONNREFUSED/);
  });
});

describe('README.md', () => {
  const text = read('deploy/README.md');

  it('is 100 lines at most, and names only files that exist', () => {
    expect(text.split('\n').length).toBeLessThanOrEqual(100);
    const named = [...text.matchAll(/(?<![\w/])(?:deploy|scripts|test)\/[\w./-]*\w/g)].map(
      ([path]) => path,
    );
    expect(named.length).toBeGreaterThan(5);
    // That one the reader makes.
    const expected = named.filter((path) => path !== 'deploy/kubernetes/secret.yaml');
    expect(expected.filter((path) => !existsSync(root + path))).toEqual([]);
  });

  it('gives one container longer to stop than its runs get', () => {
    const [, seconds] = /--stop-timeout (\d+)/.exec(text) ?? [];
    expect(Number(seconds)).toBeGreaterThanOrEqual(config.LAPWING_DRAIN_SECONDS + windUpSeconds);
  });
});

describe('seccomp.json', () => {
  const profile: {
    defaultAction: string;
    architectures: string[];
    syscalls: { names: string[]; action: string; args?: unknown[] }[];
  } = JSON.parse(read('deploy/seccomp.json'));
  const refused = profile.syscalls
    .filter(({ args }) => args === undefined)
    .flatMap(({ names }) => names);

  it("leaves Chromium what its sandbox is made of, on both of the image's platforms", () => {
    expect(profile.defaultAction).toBe('SCMP_ACT_ALLOW');
    expect(profile.syscalls.every(({ action }) => action === 'SCMP_ACT_ERRNO')).toBe(true);
    for (const name of ['clone', 'clone3', 'unshare', 'chroot', 'seccomp'])
      expect(refused).not.toContain(name);
    expect(profile.architectures).toEqual(
      expect.arrayContaining(['SCMP_ARCH_X86_64', 'SCMP_ARCH_AARCH64']),
    );
  });

  it('refuses what a user namespace would otherwise open, each call once', () => {
    for (const name of [
      'mount',
      'setns',
      'bpf',
      'keyctl',
      'ptrace',
      'userfaultfd',
      'io_uring_setup',
    ])
      expect(refused).toContain(name);
    expect(new Set(refused).size).toBe(refused.length);
  });
});
