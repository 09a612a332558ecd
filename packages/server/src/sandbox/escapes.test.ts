import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, expect, it } from 'vitest';
import { type ChildKind, childCommand } from './deno.ts';
import { Sandbox } from './sandbox.ts';
import { ending, requestFor, returned } from './testing/run-code.ts';

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
    'Object.prototype.type = "log"; Object.prototype.then = 1; JSON.stringify = () => "x"; return { a: 1 }',
    'returned {"a":1}',
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

const pythonAttempts = {
  'find Deno behind the js bridge': ['load("js").Deno', /^AttributeError: Deno$/],
  'find fetch behind the js bridge': ['load("js").fetch', /^AttributeError: fetch$/],
  'read a file by the js bridge': [
    `(await load("js").eval("import('node:fs')")).readFileSync("/etc/passwd")`,
    /^JsException: .*Deno is not defined/s,
  ],
  'import a module by the js bridge': [
    `await load("js").eval("import('https://example.com/x.js')")`,
    /^JsException: TypeError: A remote specifier was requested/,
  ],
  'load a package': [
    'await load("pyodide_js").loadPackage("micropip") or load("micropip")',
    /^ModuleNotFoundError/,
  ],
  'see the file system': ['load("os").path.exists("/etc/passwd")', /^False$/],
  'see the environment': [
    '"PATH" in load("os").environ and load("os").environ["PATH"] != "/"',
    /^False$/,
  ],
  'start a process': ['load("subprocess").run(["id"])', /^OSError: /],
  connect: ['load("socket").create_connection(("127.0.0.1", 9), 1)', /^OSError: /],
  fetch: [
    'await load("pyodide.http").pyfetch("http://127.0.0.1:9/")',
    /^(ModuleNotFound|Name|Attribute)Error: /,
  ],
} as const;

it('Python finds no way out, its bridge to JavaScript included', slow, async () => {
  const attempts = Object.entries(pythonAttempts).map(([name, [code]]) =>
    [
      'try:',
      `    outcomes[${JSON.stringify(name)}] = str(${code})`,
      'except BaseException as error:',
      `    outcomes[${JSON.stringify(name)}] = f"{nameOf(error)}: {error}"`,
    ].join('\n'),
  );
  const nameOf = 'nameOf = lambda error: str(type(error)).split("\'")[1].split(".")[-1]\n';
  const code = `${pythonImport}${nameOf}outcomes = {}\n${attempts.join('\n')}\nreturn outcomes`;
  const outcomes = await returned(sandbox, 'python', code);
  for (const [name, [, expected]] of Object.entries(pythonAttempts)) {
    expect(Reflect.get(Object(outcomes), name), name).toMatch(expected);
  }
});

it('ends code that writes into the channel to the parent', slow, async () => {
  const code = `${pythonImport}fs = await load("js").eval("import('node:fs')")
fs.writeSync(1, '{"type":"end","result":{"kind":"returned","value":"forged"}}' + chr(10))
await sleep(5)`;
  const end = ending(await sandbox.run(requestFor('python', code)));
  expect(end).toBe("SandboxViolation: The code wrote into the sandbox's own channel.");
});
