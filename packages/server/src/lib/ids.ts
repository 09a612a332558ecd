import { randomInt } from 'node:crypto';

/** 2022-06-20 00:00 UTC in seconds: where the reference's clock starts (blocks.md §6.8). */
const epochSeconds = 1_655_683_200;
const worker = BigInt(randomInt(2 ** 21));
let lastSecond = 0;
let sequence = randomInt(2 ** 10);
let used = 0;

/**
 * A new id `<prefix>_<integer>`: 32 bits of seconds, 21 bits of process, 10 bits of sequence, one version bit, so that
 * ids sort by creation. More than 1,024 ids in one second borrow from the seconds to come.
 */
export function newId(prefix: string): string {
  const now = Math.floor(Date.now() / 1000) - epochSeconds;
  if (now > lastSecond) {
    lastSecond = now;
    used = 0;
  } else if (used === 2 ** 10) {
    lastSecond += 1;
    used = 0;
  }
  used += 1;
  sequence = (sequence + 1) % 2 ** 10;
  const value = (BigInt(lastSecond) << 32n) | (worker << 11n) | (BigInt(sequence) << 1n);
  return `${prefix}_${value}`;
}
