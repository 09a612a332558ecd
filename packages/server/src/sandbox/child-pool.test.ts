import { afterEach, expect, it } from 'vitest';
import { ChildPool } from './child-pool.ts';

const pool = new ChildPool({ maxChildren: 2 });
const { signal } = new AbortController();
afterEach(() => pool.close());

it('ends the child that has been parked longest when somebody needs the room', async () => {
  const first = await pool.take('javascript', signal);
  const second = await pool.take('javascript', signal);
  pool.park(second);
  pool.park(first);
  await pool.take('javascript', signal);
  await second.exited;
  expect(pool.reclaim(second)).toBe(false);
  expect(pool.reclaim(first)).toBe(true);
});
