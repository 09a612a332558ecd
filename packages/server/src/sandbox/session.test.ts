import { afterAll, expect, it, vi } from 'vitest';
import type { SandboxRequest } from './conversation.ts';
import type { PageRpc } from './page-rpc.ts';
import { Sandbox } from './sandbox.ts';
import { childIds, ending, requestFor } from './testing/run-code.ts';

const slow = { timeout: 90_000 };
/** With room for one child there are no spares: the live process is that of the session that ran last. */
const sandbox = new Sandbox({ maxChildren: 1 });
const session = sandbox.session();
afterAll(() => sandbox.close());

async function run(code: string, changes: Partial<SandboxRequest> = {}) {
  return ending(await session.run(requestFor('python', code, changes)));
}

/** The process that serves the session's next piece, which leaves no trace. */
async function nextChild(): Promise<number | undefined> {
  expect(await run('return 1')).toBe('returned 1');
  const [child, ...others] = await childIds();
  expect(others).toEqual([]);
  return child;
}

/** A page with one method, `click`, which `answer` answers, as it does the helpers. */
function pageOf(answer: () => Promise<unknown>): PageRpc {
  const click = { kind: 'action', property: 'none', result: null, params: [], options: [] };
  return {
    surface: {
      Page: { click },
      Helpers: { otp: click, solveCaptcha: click, clickAndClaimDownload: click },
    },
    open: async () => ({}),
    call: answer,
    close: () => undefined,
  };
}

it('serves the second piece of Python in a fraction of the time of the first', slow, async () => {
  const time = async () => {
    const start = performance.now();
    await run('return 1');
    return performance.now() - start;
  };
  const first = await time();
  expect(await time()).toBeLessThan(first / 2);
});

it.each([
  ['a variable', 'x = 1', 'return x', 'NameError: '],
  ['a function', 'global f\ndef f(): return 1', 'return f()', 'NameError: '],
  ['a global name', 'global print\nprint = None', 'print(1)\nreturn 1', 'returned 1'],
  ['a patched module', 'json.dumps = None\ndel re.sub', 'json.dumps(re.sub("a", "b", "c"))', '{}'],
  ['an imported module', 'import json as j\nj.x = 1', 'import json\nreturn json.x', 'Attribute'],
  [
    'a value in a module',
    'html.entities.html5["x"] = 1',
    'return len(html.entities.html5)',
    '2231',
  ],
  [
    'a raised exception',
    'try: 1 / 0\nexcept Exception as e: e.x = 1\nraise ValueError()',
    '',
    '{}',
  ],
])('shows nothing of %s to the next piece in the same process', slow, async (_, one, two, end) => {
  const child = await nextChild();
  await run(one);
  expect(await run(two)).toContain(end);
  expect(await nextChild()).toBe(child);
});

it.each([
  ['patches a class', 'json.JSONEncoder.encode = None', 'return json.dumps({1: 2}, indent=1)'],
  ['patches a builtin', 'json.codecs.builtins.len = None', 'return len([])'],
  ['changes the event loop', 'asyncio.get_event_loop().time = None', 'await sleep(0.01)'],
  [
    'does not let itself be canceled',
    `async def stay():
    while True:
        try: await sleep(0.001)
        except asyncio.CancelledError: pass
asyncio.create_task(stay())
await sleep(0.01)`,
    'return 1',
  ],
  ['grows', 'global a\na = bytearray(b"x") * 100_000_000', 'return 1'],
  ['overflows the stack', 'def f(): return f()\nf()', 'return 1'],
])('gives a new process to the piece after one that %s', slow, async (_, one, two) => {
  const child = await nextChild();
  await run(one);
  expect(await run(two)).toMatch(/^returned /);
  expect(await childIds()).not.toContain(child);
});

it('knows functions that import in the name of their caller', slow, async () => {
  const code = 'd = datetime.datetime.strptime("2020-02", "%Y-%m")\nreturn d.strftime("%d.%m.%Y")';
  expect(await run(code)).toBe('returned "01.02.2020"');
});

it(
  'ends the tasks and timers that a piece left running, before the next begins',
  slow,
  async () => {
    const child = await nextChild();
    const said: string[] = [];
    const changes = {
      onLog: (_: string, line: string) => said.push(line),
      page: pageOf(async () => said.push('click')),
    };
    const left = `async def go_on():
    while True:
        try:
            await sleep(0.001)
            await page.click()
        finally:
            print("tick")
asyncio.create_task(go_on())
asyncio.get_running_loop().call_later(0.05, print, "timer")
await sleep(0.1)`;
    await run(left, changes);
    expect(said).toContain('click');
    const before = said.length;
    expect(await run('await sleep(0.3)\nprint("mine")', changes)).toBe('returned {}');
    expect(said.slice(before)).toEqual(['mine']);
    expect(await childIds()).toEqual([child]);
  },
);

it('does not give the answer to a call of one piece to the next', slow, async () => {
  const late = Promise.withResolvers<unknown>();
  const asked = Promise.withResolvers<void>();
  const slowPage = pageOf(() => {
    asked.resolve();
    return late.promise;
  });
  await run('asyncio.ensure_future(page.click())\nawait sleep(0.05)', { page: slowPage });
  await asked.promise;
  const page = pageOf(async () => {
    late.resolve('of the first');
    await late.promise;
    return 'of the second';
  });
  expect(await run('return await page.click()', { page })).toBe('returned "of the second"');
});

it('goes on with a new process after a limit, and after an end of the process', slow, async () => {
  expect(await run('while True: pass', { timeoutMs: 300 })).toBe('limit time');
  const child = await nextChild();
  process.kill(Number(child), 'SIGKILL');
  // One that dies under a piece is another story: this one is known to be gone.
  await vi.waitFor(() => expect(() => process.kill(Number(child), 0)).toThrow('ESRCH'));
  expect(await run('return "x" * 5_000_000')).toBe('limit output');
  expect(await run('return 2')).toBe('returned 2');
});

it('has a log of its own for each piece, with the full limit', slow, async () => {
  const counts = [0, 0];
  for (const index of counts.keys()) {
    const onLog = () => {
      counts[index] = (counts[index] ?? 0) + 1;
    };
    await run('for i in range(5000): print(i)', { onLog });
  }
  expect(counts[0]).toBeGreaterThan(1000);
  expect(counts[1]).toBe(counts[0]);
});

it('leaves no process behind when it is closed, and runs nothing after that', slow, async () => {
  const own = sandbox.session();
  await own.run(requestFor('javascript', 'return 1'));
  await own.run(requestFor('python', 'return 1'));
  await own.close();
  expect(await childIds()).toEqual([]);
  const late = own.run(requestFor('python', 'return 1'));
  await expect(late).rejects.toThrow('The session of the code is closed.');
});

it('ends the piece that runs when it is closed', slow, async () => {
  const own = sandbox.session();
  const running = Promise.withResolvers<void>();
  const onLog = () => running.resolve();
  const run = own.run(requestFor('python', 'print(1)\nwhile True: pass', { onLog }));
  const refused = expect(run).rejects.toThrow('The session of the code is closed.');
  await running.promise;
  await own.close();
  await refused;
  expect(await childIds()).toEqual([]);
});

it('lets another run wait for the room until its piece has ended', slow, async () => {
  const running = Promise.withResolvers<void>();
  const onLog = () => running.resolve();
  const first = run('print(1)\nawait sleep(0.3)\nreturn 1', { onLog });
  await running.promise;
  const second = sandbox.run(requestFor('javascript', 'return 2'));
  expect(await first).toBe('returned 1');
  expect(ending(await second)).toBe('returned 2');
});
