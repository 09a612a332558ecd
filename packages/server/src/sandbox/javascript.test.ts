import { afterAll, expect, it } from 'vitest';
import { Sandbox } from './sandbox.ts';
import { ending, requestFor, returned } from './testing/run-code.ts';

const sandbox = new Sandbox({ maxChildren: 4 });
afterAll(() => sandbox.close());

async function endOf(code: string, language: 'javascript' | 'typescript' = 'javascript') {
  return ending(await sandbox.run(requestFor(language, code)));
}

it('gives what the code returns, with parameters as variables that may be declared again', async () => {
  const code = 'const amount = variables.length; total += 1; return { total, amount, names }';
  const variables = { total: 1, names: ['Ann'], variables: 'abc', amount: 0 };
  expect(await sandbox.run(requestFor('javascript', code, { variables }))).toEqual({
    kind: 'returned',
    value: { total: 2, amount: 3, names: ['Ann'] },
  });
});

it('gives null for code that ends without a return', async () => {
  expect(await endOf('const x = 1')).toBe('returned null');
});

it('runs TypeScript, enums and generics included', async () => {
  const code =
    'enum Size { Small = 1 }\nconst of = <T,>(x: T): T => x;\nreturn of<number>(Size.Small)';
  expect(await endOf(code, 'typescript')).toBe('returned 1');
});

it('waits for promises and timers', async () => {
  expect(await endOf('await sleep(0.01); return await Promise.all([1, Promise.resolve(2)])')).toBe(
    'returned [1,2]',
  );
});

it('says in the value what cannot be JSON', async () => {
  const code = 'const a = {}; a.a = a; return [a, 1n, () => 1, new Map(), new Date(0), NaN]';
  expect(await returned(sandbox, 'javascript', code)).toEqual([
    { a: "Object 'Object' is not JSON serializable" },
    "Object 'bigint' is not JSON serializable",
    "Object 'function' is not JSON serializable",
    "Object 'Map' is not JSON serializable",
    '1970-01-01T00:00:00.000Z',
    null,
  ]);
});

it('names class, message and line of an exception', async () => {
  const code = 'const x = 1;\n\nthrow new RangeError("too far")';
  expect(await sandbox.run(requestFor('javascript', code))).toEqual({
    kind: 'raised',
    type: 'RangeError',
    message: 'too far',
    line: 3,
  });
});

it.each(['javascript', 'typescript'] as const)(
  'names the line of a syntax error in %s',
  async (language) => {
    const result = await sandbox.run(requestFor(language, 'const x = 1;\nconst = 2;\n'));
    expect(result).toMatchObject({ kind: 'raised', type: 'SyntaxError', line: 2 });
    expect(ending(result)).toMatch(/^SyntaxError: Unexpected token .* \(line 2\)$/);
  },
);

it('says how an ErrorCode is made', async () => {
  expect(await endOf('throw new ErrorCode("NO_ROWS")')).toBe(
    'TypeError: ErrorCode takes a code, which is a text, and a reason',
  );
});

it('gives an error code for a thrown ErrorCode', async () => {
  expect(await endOf('throw new ErrorCode("NO_ROWS", "the table is empty")')).toBe(
    'NO_ROWS: the table is empty',
  );
});

it('ends with an exception that nobody caught outside of the code', async () => {
  expect(await endOf('setTimeout(() => { throw new TypeError("late") }, 1); await sleep(5)')).toBe(
    'TypeError: late',
  );
  expect(await endOf('Promise.reject(new Error("lost")); await sleep(5)')).toBe('Error: lost');
});

it('passes on what the code logs, with levels', async () => {
  const lines: string[] = [];
  const onLog = (level: string, message: string) => lines.push(`${level} ${message}`);
  const code =
    'console.log("a", { b: [1] }); console.warn("w"); console.error("e"); console.debug("d")';
  await sandbox.run(requestFor('javascript', code, { onLog }));
  expect(lines).toEqual(['info a { b: [ 1 ] }', 'warn w', 'error e', 'debug d']);
});

it('gives credentials as frozen objects, and their fields as variables', async () => {
  const credentials = { login: { username: 'ann', password: 'pw' } };
  const code = `try { login.password = 'x' } catch (error) { return [error.name, login.username, login.password,
    password, typeof login.otp, typeof login.magicLink] }`;
  const end = ending(await sandbox.run(requestFor('javascript', code, { credentials })));
  expect(end).toBe('returned ["TypeError","ann","pw","pw","function","function"]');
});
