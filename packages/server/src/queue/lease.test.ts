import { afterEach, expect, it } from 'vitest';
import { holdLease } from './lease.ts';

const releases: (() => void)[] = [];
afterEach(() => {
  for (const release of releases.splice(0)) release();
});

/** A lease of 60 ms whose renewals end as `renew` does; `lost` resolves when it is lost. */
function lease(renew: () => Promise<boolean>) {
  const lost = Promise.withResolvers<void>();
  const errors: unknown[] = [];
  const release = holdLease({
    seconds: 0.06,
    renew,
    onLost: lost.resolve,
    onError: (error) => errors.push(error),
  });
  releases.push(release);
  return { lost: lost.promise, errors, release };
}

it('is lost when a renewal says that it is no longer ours', async () => {
  let renewals = 0;
  await lease(async () => {
    renewals += 1;
    return renewals < 3;
  }).lost;
  expect(renewals).toBe(3);
});

it('is lost when renewals failed for all its time', async () => {
  const { lost, errors } = lease(() => Promise.reject(new Error('no database')));
  await lost;
  expect(errors.length).toBeGreaterThan(0);
});

it('is lost when a renewal never comes back', async () => {
  await lease(() => new Promise(() => {})).lost;
});

it('outlives its first time as long as it is renewed', async () => {
  const renewed = Promise.withResolvers<void>();
  let renewals = 0;
  const startedAt = performance.now();
  const { lost } = lease(async () => {
    renewals += 1;
    if (renewals === 6) renewed.resolve();
    return true;
  });
  const first = await Promise.race([
    renewed.promise.then(() => 'renewed'),
    lost.then(() => 'lost'),
  ]);
  expect(first).toBe('renewed');
  expect(performance.now() - startedAt).toBeGreaterThan(60);
});
