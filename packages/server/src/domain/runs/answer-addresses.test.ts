import { describe, expect, it } from 'vitest';
import { AnswerAddresses, type SignedAnswer } from './answer-addresses.ts';

const addresses = new AnswerAddresses(new Uint8Array(32).fill(7), () => 'https://lapwing.test');
const until = new Date('2026-01-01T12:00:00.500Z');
const before = new Date('2026-01-01T11:59:59Z');
const links = addresses.of('wr_1', 'wrb_2', until);

function answerOf(address: string): SignedAnswer {
  const { searchParams } = new URL(address);
  return {
    runId: 'wr_1',
    blockId: searchParams.get('block') ?? '',
    decision: searchParams.get('decision') as SignedAnswer['decision'],
    expiry: searchParams.get('expiry') ?? '',
    sig: searchParams.get('sig') ?? '',
  };
}

describe('the addresses of a pause', () => {
  it('name the run, its block and the decision', () => {
    expect(links.run).toBe('https://lapwing.test/v1/runs/wr_1');
    expect(links.approve).toMatch(/^https:\/\/lapwing\.test\/v1\/runs\/wr_1\/answer\?block=wrb_2&/);
    expect([answerOf(links.approve).decision, answerOf(links.reject).decision]).toEqual([
      'approve',
      'reject',
    ]);
  });

  it('are good until their time, in whole seconds', () => {
    const answer = answerOf(links.approve);
    expect(addresses.verifies(answer, before)).toBe(true);
    expect(addresses.verifies(answer, until)).toBe(true);
    expect(addresses.verifies(answer, new Date('2026-01-01T12:00:01Z'))).toBe(false);
  });

  it.each([
    ['another run', { runId: 'wr_2' }],
    ['another block', { blockId: 'wrb_3' }],
    ['the other decision', { decision: 'reject' }],
    ['a later time', { expiry: '9999999999' }],
    ['a time that is none', { expiry: 'later' }],
    ['a part of the signature', { sig: answerOf(links.approve).sig.slice(0, 20) }],
    ['no signature', { sig: '' }],
  ] as const)('are no good for %s', (_, change) => {
    expect(addresses.verifies({ ...answerOf(links.approve), ...change }, before)).toBe(false);
  });

  it('are no good under another key', () => {
    const other = new AnswerAddresses(new Uint8Array(32).fill(8), () => 'https://lapwing.test');
    expect(other.verifies(answerOf(links.approve), before)).toBe(false);
  });
});
