import { afterAll, expect, it } from 'vitest';
import { Sandbox } from './sandbox.ts';
import { ending, requestFor, returned } from './testing/run-code.ts';

const sandbox = new Sandbox({ maxChildren: 3 });
afterAll(() => sandbox.close());
const slow = { timeout: 60_000 };

async function endOf(code: string) {
  return ending(await sandbox.run(requestFor('python', code)));
}

it('captures all local variables but the parameters', slow, async () => {
  const code = [
    'import json',
    'amount += 1',
    'total = amount * 2',
    'names = [name.upper() for name in people]',
    'tags = {1}',
    'parsed = json.loads("[1, null]")',
    'def double(x): return x * 2',
    'twice = double(total)',
  ].join('\n');
  const variables = { amount: 3, people: ['Ann', 'Bo'] };
  expect(await sandbox.run(requestFor('python', code, { variables }))).toEqual({
    kind: 'returned',
    value: {
      total: 8,
      names: ['ANN', 'BO'],
      tags: "Object '<class 'set'>' is not JSON serializable",
      parsed: [1, null],
      double: "Object '<class 'function'>' is not JSON serializable",
      twice: 16,
    },
  });
});

it('prefers an explicit return, also one of nothing', slow, async () => {
  expect(await returned(sandbox, 'python', 'x = 1\nreturn {"a": (1, 2), 3: float("nan")}')).toEqual(
    {
      a: [1, 2],
      3: null,
    },
  );
  expect(await returned(sandbox, 'python', 'x = 1\nreturn')).toBeNull();
});

it('offers the documented names', slow, async () => {
  const code = [
    'await asyncio.sleep(0)',
    'await sleep(0)',
    'a = [html.escape("<"), re.findall(r"\\d+", "a1b22"), json.dumps({"k": [1]})]',
    'b = [len("ab"), str(1), int("2"), float("1.5"), bool(0), sorted([2, 1]), max(1, 2), sum([1, 2])]',
    'c = [isinstance(1, int), any([0, 1]), all([1]), list(enumerate("x")), list(range(2))]',
    'd = re.search("B", "abc", re.I).start()',
  ].join('\n');
  expect(await returned(sandbox, 'python', code)).toEqual({
    a: ['&lt;', ['1', '22'], '{"k": [1]}'],
    b: [2, '1', 2, 1.5, false, [1, 2], 2, 3],
    c: [true, true, true, [[0, 'x']], [0, 1]],
    d: 1,
  });
});

it('names class, message and line of an exception', slow, async () => {
  const code = 'def fail():\n    raise ValueError("no rows")\n\nfail()';
  expect(await sandbox.run(requestFor('python', code))).toEqual({
    kind: 'raised',
    type: 'ValueError',
    message: 'no rows',
    line: 2,
  });
  expect(await endOf('x = 1\ny = = 2')).toBe('SyntaxError: invalid syntax (line 2)');
});

it('gives an error code for a raised ErrorCode', slow, async () => {
  expect(await endOf('why = "empty"\nraise ErrorCode("NO_ROWS", f"{why} table")')).toBe(
    'NO_ROWS: empty table',
  );
});

it('takes a misused ErrorCode for a syntax error', slow, async () => {
  expect(await endOf('x = 1\nraise ErrorCode(code="A", reasoning="b")')).toBe(
    'SyntaxError: ErrorCode is only allowed as raise ErrorCode("CODE", "why") with a literal code (line 2)',
  );
});

it('refuses an import before it runs', slow, async () => {
  expect(await sandbox.run(requestFor('python', 'print(1)\nimport os'))).toEqual({
    kind: 'refused',
    message: 'Not allowed: import of os (line 2).',
  });
});

it('applies its rules to every form of code', slow, async () => {
  const rules = {
    'raise ErrorCode("A", "b")': 'fine',
    'raise ErrorCode("A", f"{b}") from None': 'fine',
    'raise ErrorCode("A" + "B", "b")': 'SyntaxError',
    'raise ErrorCode("A")': 'SyntaxError',
    'raise ErrorCode(*args)': 'SyntaxError',
    'Alias = ErrorCode': 'SyntaxError',
    'error = ErrorCode("A", "b")\nraise error': 'SyntaxError',
    'import json, re as r': 'fine',
    'import json, os': 'Refused',
    'from js import fetch': 'Refused',
    'from . import x': 'Refused',
    'x = "".__class__': 'Refused',
    '__import__("os")': 'Refused',
    'def __getattr__(): pass': 'Refused',
    '(x for x in []).gi_frame': 'Refused',
    'class A:\n    def __init__(self): pass': 'fine',
  };
  const code = `
load = getattr(json.codecs.builtins, "__imp" + "ort__")
outcomes = {}
for text in texts:
    try:
        load("rules").check(load("ast").parse(text))
        outcomes[text] = "fine"
    except Exception as error:
        outcomes[text] = str(type(error)).split("'")[1].split(".")[-1]
return outcomes`;
  const request = requestFor('python', code, { variables: { texts: Object.keys(rules) } });
  expect(await sandbox.run(request)).toEqual({ kind: 'returned', value: rules });
});

it('passes on what the code prints', slow, async () => {
  const lines: string[] = [];
  const onLog = (level: string, message: string) => lines.push(`${level} ${message}`);
  await sandbox.run(requestFor('python', 'print("a", 1, sep="-")\nprint([1])', { onLog }));
  expect(lines).toEqual(['info a-1', 'info [1]']);
});
