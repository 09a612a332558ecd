import { createHmac, timingSafeEqual } from 'node:crypto';
import type { AnswerLinks } from '@lapwing/workflow';

/** What a person decides about a paused run. */
export type Decision = 'approve' | 'reject';

/** An answer as its address carries it. */
export interface SignedAnswer {
  readonly runId: string;
  /** The row of the block that waits: an answer is good for that one pause. */
  readonly blockId: string;
  readonly decision: Decision;
  /** Unix seconds. */
  readonly expiry: string;
  readonly sig: string;
}

/** The addresses under which people answer a paused run without a key: their signature is the permission. */
export class AnswerAddresses {
  readonly #key: Uint8Array;
  readonly #publicUrl: () => string;

  /** @param publicUrl Without a slash at its end. */
  constructor(key: Uint8Array, publicUrl: () => string) {
    this.#key = key;
    this.#publicUrl = publicUrl;
  }

  /** The addresses of a run and of its two answers, good until `until`. */
  of(runId: string, blockId: string, until: Date): AnswerLinks {
    const expiry = String(Math.ceil(until.getTime() / 1000));
    const run = `${this.#publicUrl()}/v1/runs/${runId}`;
    const address = (decision: Decision) => {
      const sig = this.#sign({ runId, blockId, decision, expiry }).toString('base64url');
      return `${run}/answer?${new URLSearchParams({ block: blockId, decision, expiry, sig })}`;
    };
    return { run, approve: address('approve'), reject: address('reject') };
  }

  /** Whether the signature is ours and not expired at `now`. */
  verifies(answer: SignedAnswer, now: Date): boolean {
    if (!/^\d{1,12}$/.test(answer.expiry) || Number(answer.expiry) * 1000 <= now.getTime()) {
      return false;
    }
    const expected = this.#sign(answer);
    const given = Buffer.from(answer.sig, 'base64url');
    return given.length === expected.length && timingSafeEqual(given, expected);
  }

  #sign({ runId, blockId, decision, expiry }: Omit<SignedAnswer, 'sig'>): Buffer {
    const lines = [runId, blockId, decision, expiry];
    return createHmac('sha256', this.#key).update(lines.join('\n')).digest();
  }
}
