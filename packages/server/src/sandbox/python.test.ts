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

const documentedNames =
  'print len range str int float dict list tuple set bool isinstance enumerate any all max min sum sorted sleep ' +
  'asyncio.sleep json.dumps json.loads html.escape Exception re.match re.search re.findall re.finditer re.fullmatch ' +
  're.sub re.compile re.split re.escape re.I re.S re.IGNORECASE re.MULTILINE re.DOTALL';

it('has every name that the reference documents', slow, async () => {
  const names = documentedNames.split(' ');
  const code = `missing = [name for name, value in zip(names, [${names}]) if value is None]`;
  const result = await sandbox.run(requestFor('python', code, { variables: { names } }));
  expect(result).toEqual({ kind: 'returned', value: { missing: [] } });
});

const credentials = {
  login: { username: 'ann', password: 'pw', totp: '123456' },
  card: { card_number: '4111', username: 'other' },
};

it(
  'gives credentials as objects, their fields as variables, and captures neither',
  slow,
  async () => {
    const code = [
      'mine = [login.username, login.password, login.totp, card.card_number, str(login)]',
      'flat = [password, totp, card_number, username]',
      'try: login.secret',
      'except AttributeError as error: absent = str(error)',
    ].join('\n');
    const variables = { username: 'a parameter' };
    expect(await sandbox.run(requestFor('python', code, { variables, credentials }))).toEqual({
      kind: 'returned',
      value: {
        mine: ['ann', 'pw', '123456', '4111', '<Credential>'],
        flat: ['pw', '123456', '4111', 'a parameter'],
        absent: "'Credential' object has no attribute 'secret'",
      },
    });
    expect(await sandbox.run(requestFor('python', 'return login', { credentials }))).toEqual({
      kind: 'returned',
      value: "Object '<class 'runner.Credential'>' is not JSON serializable",
    });
  },
);

it('keeps a credential from turning into another by way of the next piece', slow, async () => {
  const session = sandbox.session();
  const run = (code: string) => session.run(requestFor('python', code, { credentials }));
  await run('type(login).username = "forged"\nlogin.username = "forged"');
  expect(ending(await run('return [login.username, username]'))).toBe('returned ["ann","other"]');
  await session.close();
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

it('does not run code that misuses ErrorCode', slow, async () => {
  expect(await endOf('x = 1\nraise ErrorCode(code="A", reasoning="b")')).toBe(
    'misused: ErrorCode is only allowed as raise ErrorCode("CODE", "why") with a literal code (line 2)',
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
    'raise ErrorCode("A" + "B", "b")': 'Misused',
    'raise ErrorCode("A")': 'Misused',
    'raise ErrorCode(*args)': 'Misused',
    'Alias = ErrorCode': 'Misused',
    'error = ErrorCode("A", "b")\nraise error': 'Misused',
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
