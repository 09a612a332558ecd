import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterEach, expect, it, vi } from 'vitest';
import { Sandbox } from './sandbox.ts';
import { childIds, ending, requestFor } from './testing/run-code.ts';

const slow = { timeout: 60_000 };
let sandbox = new Sandbox({ maxChildren: 2 });
afterEach(() => sandbox.close());

function use(maxChildren: number): Sandbox {
  sandbox = new Sandbox({ maxChildren });
  return sandbox;
}

it('shares nothing between two runs', slow, async () => {
  use(2);
  await sandbox.run(requestFor('javascript', 'globalThis.left = 1; Array.prototype.left = 1'));
  const result = await sandbox.run(
    requestFor('javascript', 'return [typeof left, [].left ?? null]'),
  );
  expect(ending(result)).toBe('returned ["undefined",null]');
});

it('leaves no process behind after a run, a failure, a time limit and close', slow, async () => {
  use(1);
  for (const code of ['return 1', 'throw 1', 'while (true);']) {
    await sandbox.run(requestFor('javascript', code, { timeoutMs: 300 }));
    expect(await childIds()).toEqual([]);
  }
  await sandbox.warm('javascript');
  expect(await childIds()).toHaveLength(1);
  await sandbox.close();
  expect(await childIds()).toEqual([]);
});

it('ends a run whose signal aborts with the reason of the signal', slow, async () => {
  use(1);
  const stop = new AbortController();
  const onLog = () => stop.abort(new Error('canceled by a user'));
  const code = 'console.log("running"); await sleep(0.01); while (true);';
  const run = sandbox.run(requestFor('javascript', code, { signal: stop.signal, onLog }));
  await expect(run).rejects.toThrow('canceled by a user');
  expect(await childIds()).toEqual([]);
});

it('ends running code on close, and runs none after it', slow, async () => {
  use(2);
  const running = Promise.withResolvers<void>();
  const onLog = () => running.resolve();
  const code = 'console.log("running"); await sleep(0.01); while (true);';
  const run = sandbox.run(requestFor('javascript', code, { onLog }));
  const refused = expect(run).rejects.toThrow('The sandbox is closed.');
  await running.promise;
  await sandbox.close();
  await refused;
  expect(await childIds()).toEqual([]);
  await expect(sandbox.run(requestFor('javascript', 'return 1'))).rejects.toThrow('closed');
});

it('never has more children than allowed, and keeps the order of the runs', slow, async () => {
  use(2);
  await sandbox.warm('javascript');
  const order: number[] = [];
  const counts: number[] = [];
  const onLog = async () => counts.push((await childIds()).length);
  const runs = Array.from({ length: 6 }, async (_, index) => {
    const code = 'console.log("running"); await sleep(0.2); return 1';
    await sandbox.run(requestFor('javascript', code, { onLog }));
    order.push(index);
  });
  await Promise.all(runs);
  expect(Math.max(...counts)).toBeLessThanOrEqual(2);
  expect(counts).toHaveLength(6);
  expect(order).toHaveLength(6);
  expect(order.at(-1)).toBeGreaterThanOrEqual(4);
});

it('gives up a spare of one kind for a run of another', slow, async () => {
  use(1);
  await sandbox.warm('javascript');
  expect(ending(await sandbox.run(requestFor('python', 'return 1')))).toBe('returned 1');
  expect(ending(await sandbox.run(requestFor('javascript', 'return 2')))).toBe('returned 2');
});

it('uses no CPU while spares are idle', slow, async () => {
  use(2);
  await Promise.all([sandbox.warm('javascript'), sandbox.warm('python')]);
  const before = await cpuOf(await childIds());
  await new Promise((resolve) => setTimeout(resolve, 1000));
  expect((await cpuOf(await childIds())) - before).toBeLessThanOrEqual(2);
});

it('replaces a spare that died', slow, async () => {
  use(1);
  await sandbox.warm('javascript');
  const [pid] = await childIds();
  process.kill(Number(pid), 'SIGKILL');
  await vi.waitFor(async () => expect(await childIds()).toEqual([]));
  expect(ending(await sandbox.run(requestFor('javascript', 'return 1')))).toBe('returned 1');
});

it('lets no child outlive a killed parent, even one in an endless loop', slow, async () => {
  const moduleAt = (path: string) => JSON.stringify(new URL(path, import.meta.url).href);
  const script = `
    const { Sandbox } = await import(${moduleAt('./sandbox.ts')});
    const { requestFor } = await import(${moduleAt('./testing/run-code.ts')});
    const code = 'console.log("running"); await sleep(0.05); while (true);';
    const onLog = () => console.log('running');
    await new Sandbox({ maxChildren: 1 }).run(
      requestFor('javascript', code, { timeoutMs: 60_000, onLog }));`;
  const parent = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(parent.stdout, 'data');
  const children = await childIds(parent.pid);
  expect(children).toHaveLength(1);
  parent.kill('SIGKILL');
  await vi.waitFor(() => expect(() => process.kill(Number(children[0]), 0)).toThrow('ESRCH'), {
    timeout: 10_000,
  });
});

/** Ticks of processor time that the processes have used. */
async function cpuOf(pids: readonly number[]): Promise<number> {
  const { readFile } = await import('node:fs/promises');
  const stats = await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/stat`, 'utf8')));
  const ticks = stats.map((stat) => {
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return Number(fields[11]) + Number(fields[12]);
  });
  return ticks.reduce((sum, value) => sum + value, 0);
}
