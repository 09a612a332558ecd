import { afterAll, expect, it } from 'vitest';
import type { CodeResult, Language } from './code-result.ts';
import { Sandbox } from './sandbox.ts';
import { ending, requestFor, returned } from './testing/run-code.ts';

const sandbox = new Sandbox({ maxChildren: 3 });
afterAll(() => sandbox.close());
const slow = { timeout: 60_000 };
const sheep = '"a" * 40 + "!"';

function limit(kind: Extract<CodeResult, { kind: 'limit' }>['limit']) {
  return `limit ${kind}`;
}

it.each<[string, Language, string]>([
  ['an endless loop', 'javascript', 'while (true);'],
  ['an endless loop of microtasks', 'javascript', 'while (true) await 0'],
  ['a regular expression without end', 'javascript', 'return /^(a+)+$/.test("a".repeat(40) + "!")'],
  ['a wait for nothing', 'typescript', 'await new Promise(() => undefined)'],
  ['an endless loop', 'python', 'while True: pass'],
  ['an endless loop of tasks', 'python', 'while True: await asyncio.sleep(0)'],
  ['a regular expression without end', 'python', `return re.match("^(a+)+$", ${sheep})`],
])('ends %s in %s at the time limit', slow, async (_, language, code) => {
  await sandbox.warm(language === 'python' ? 'python' : 'javascript');
  const start = performance.now();
  const result = await sandbox.run(requestFor(language, code, { timeoutMs: 400 }));
  expect(ending(result)).toBe(limit('time'));
  expect(performance.now() - start).toBeLessThan(5000);
});

it.each<[string, Language, string]>([
  [
    'objects on the heap',
    'javascript',
    'const a = []; for (;;) a.push(new Array(1000).fill(Math.random()))',
  ],
  ['typed arrays', 'javascript', 'const a = []; for (;;) a.push(new Uint8Array(1e7).fill(1))'],
  ['lists', 'python', 'a = []\nwhile True: a.append([0] * 10000)'],
  ['bytes', 'python', 'a = []\nwhile True: a.append(bytearray(b"x") * 10000000)'],
])('ends code that fills memory with %s in %s', slow, async (_, language, code) => {
  const result = await sandbox.run(requestFor(language, code, { timeoutMs: 30_000 }));
  expect(ending(result)).toBe(limit('memory'));
});

it.each<[Language, string]>([
  ['javascript', 'return "x".repeat(5_000_000)'],
  ['python', 'return "x" * 5_000_000'],
])('refuses a result in %s that is too long', slow, async (language, code) => {
  expect(ending(await sandbox.run(requestFor(language, code)))).toBe(limit('output'));
  const request = requestFor(language, 'return "x"', { maxOutputBytes: 1 });
  expect(ending(await sandbox.run(request))).toBe(limit('output'));
});

it.each<[Language, string]>([
  ['javascript', 'for (let i = 0; i < 200_000; i++) console.log("line " + i); return "done"'],
  ['python', 'for i in range(50000): print("line", i)\nreturn "done"'],
])(
  'keeps the first lines of a flood in %s and says that it drops the rest',
  slow,
  async (language, code) => {
    const lines: string[] = [];
    const onLog = (_: string, line: string) => lines.push(line);
    expect(ending(await sandbox.run(requestFor(language, code, { onLog })))).toBe(
      'returned "done"',
    );
    expect(lines[0]).toBe('line 0');
    expect(lines.at(-1)).toBe('Further log lines are dropped.');
    expect(lines.length).toBeLessThan(3000);
  },
);

it.each<[Language, string, RegExp]>([
  ['javascript', 'const f = () => f(); f()', /^RangeError: Maximum call stack/],
  ['python', 'def f(): return f()\nf()', /^RecursionError: /],
  [
    'python',
    'a = []\nfor _ in range(100000): a = [a]\nreturn a',
    /^RuntimeError: Python broke down: /,
  ],
  ['python', `return ${'-'.repeat(50_000)}1`, /^MemoryError: /],
])('reports recursion without end in %s', slow, async (language, code, expected) => {
  expect(ending(await sandbox.run(requestFor(language, code)))).toMatch(expected);
});

it('cuts a value of many levels', slow, async () => {
  const code = 'let a = []; for (let i = 0; i < 100000; i++) a = [a]; return a';
  expect(JSON.stringify(await returned(sandbox, 'javascript', code)).length).toBeLessThan(300);
});
