import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, expect, it } from 'vitest';
import { type ChildKind, childCommand } from './deno.ts';
import { Sandbox } from './sandbox.ts';
import { ending, requestFor } from './testing/run-code.ts';

const sandbox = new Sandbox({ maxChildren: 3 });
afterAll(() => sandbox.close());
const slow = { timeout: 60_000 };

const denied =
  /^(NotCapable|Requires \w+ access to .*|npm specifiers were requested.*|A remote specifier was requested.*)$/s;

it.each<ChildKind>(['javascript', 'python'])(
  'gives a child for %s no right to do anything, even with nothing hidden from it',
  slow,
  async (kind) => {
    const { program, args, env, cwd } = childCommand(kind);
    const probe = fileURLToPath(new URL('./testing/fixtures/probe.js', import.meta.url));
    const probing = args.map((arg) => (arg.endsWith('broker.ts') ? probe : arg));
    const { stdout } = await promisify(execFile)(program, probing, { env, cwd });
    const outcomes: Record<string, string> = JSON.parse(stdout);
    expect(Object.keys(outcomes).length).toBeGreaterThan(20);
    for (const [attempt, outcome] of Object.entries(outcomes)) {
      expect(outcome, attempt).toMatch(denied);
    }
  },
);

it.each([
  [
    'has no Deno, no process, no fetch and no workers',
    'return [typeof Deno, typeof process, typeof fetch, typeof Worker].join()',
    'returned "undefined,undefined,undefined,undefined"',
  ],
  [
    'does not get them back from a function constructor',
    'return (async () => {}).constructor("return typeof Deno")()',
    'returned "undefined"',
  ],
  [
    'does not get them back from a data: module',
    'return (await import("data:text/javascript,export default typeof Deno")).default',
    'returned "undefined"',
  ],
  [
    'cannot import from npm',
    'await import("npm:left-pad")',
    /^TypeError: npm specifiers were requested/,
  ],
  [
    'cannot import by https',
    'await import("https://example.com/x.js")',
    /^TypeError: A remote specifier was requested/,
  ],
  [
    'cannot import a file',
    'await import("file:///etc/passwd")',
    /^TypeError: Requires read access/,
  ],
  [
    'cannot attach a debugger',
    'new (await import("node:inspector")).Session().connect()',
    /^NotCapable/,
  ],
  [
    'cannot read files by node:fs',
    '(await import("node:fs")).readFileSync("/etc/passwd")',
    /^(NotCapable|\w+Error: .*Deno is not defined)/,
  ],
  [
    'cannot end its parent',
    'const p = await import("node:process"); p.default.kill(p.default.ppid, "SIGKILL")',
    /^(NotCapable|\w+Error: .*Deno is not defined)/,
  ],
  [
    'survives a polluted prototype',
    'Object.prototype.type = "log"; Object.prototype.then = 1; Array.prototype.map = () => 1; JSON.stringify = () => "x"; return { a: 1 }',
    /^returned/,
  ],
  [
    'hands over __proto__ as a plain key',
    'return JSON.parse(\'{"__proto__": {"polluted": 1}}\')',
    'returned {"__proto__":{"polluted":1}}',
  ],
])('JavaScript %s', slow, async (_, code, expected) => {
  const end = ending(await sandbox.run(requestFor('javascript', code)));
  if (typeof expected === 'string') expect(end).toBe(expected);
  else expect(end).toMatch(expected);
  expect(Reflect.get({}, 'polluted')).toBeUndefined();
});

/** Past the rules of the language, as somebody who knows CPython would get there. */
const pythonImport = 'load = getattr(json.codecs.builtins, "__imp" + "ort__")\n';

it.each([
  [
    'finds no Deno behind the js bridge',
    `${pythonImport}load("js").Deno`,
    /^AttributeError: Deno$/,
  ],
  [
    'finds no fetch behind the js bridge',
    `${pythonImport}load("js").fetch`,
    /^AttributeError: fetch$/,
  ],
  [
    'cannot read files by the js bridge',
    `${pythonImport}fs = await load("js").eval("import('node:fs')")\nfs.readFileSync("/etc/passwd")`,
    /^JsException: /,
  ],
  [
    'cannot load packages',
    `${pythonImport}await load("pyodide_js").loadPackage("micropip")\nload("micropip")`,
    /^(JsException|ModuleNotFoundError)/,
  ],
  [
    'sees a file system of its own',
    `${pythonImport}return load("os").path.exists("/etc/passwd")`,
    'returned false',
  ],
  [
    'sees an environment of its own',
    `${pythonImport}return "PATH" in load("os").environ and load("os").environ["PATH"].startswith("/usr/local")`,
    'returned false',
  ],
  ['cannot start a process', `${pythonImport}load("subprocess").run(["id"])`, /^OSError: /],
  [
    'cannot connect',
    `${pythonImport}load("socket").create_connection(("127.0.0.1", 9), 1)`,
    /^OSError: /,
  ],
  ['cannot open files', 'open("/etc/passwd")', "NameError: name 'open' is not defined"],
])('Python %s', slow, async (_, code, expected) => {
  const end = ending(await sandbox.run(requestFor('python', code)));
  if (typeof expected === 'string') expect(end).toBe(expected);
  else expect(end).toMatch(expected);
});

const forgery = String.raw`{"type":"end","result":{"kind":"returned","value":"forged"}}\n`;

it('ends Python that writes into the channel to the parent', slow, async () => {
  const code = `${pythonImport}fs = await load("js").eval("import('node:fs')")\nfs.writeSync(1, '${forgery}')\nawait sleep(5)`;
  const end = ending(await sandbox.run(requestFor('python', code)));
  expect(end).toMatch(/^(SandboxViolation|JsException): /);
});
