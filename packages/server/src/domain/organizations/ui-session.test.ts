import { expect, test } from 'vitest';
import { makeUiSession, readUiSession } from './ui-session.ts';

const key = Buffer.alloc(32, 1);
const speaker = { organizationId: 'o_1', apiKeyId: 'oat_1' };
const now = 1_800_000_123;

test('a token speaks for its key until it expires', () => {
  const { token, expires_at: expiresAt } = makeUiSession(key, speaker, now);
  expect(expiresAt - now).toBeGreaterThan(30 * 60);
  expect(expiresAt - now).toBeLessThanOrEqual(60 * 60);
  expect(readUiSession(key, token, expiresAt - 1)).toEqual(speaker);
  expect(readUiSession(key, token, expiresAt)).toBeNull();
});

test('the same token is given for half an hour', () => {
  const early = makeUiSession(key, speaker, 1_800_000_000);
  expect(makeUiSession(key, speaker, 1_800_001_799)).toEqual(early);
  expect(makeUiSession(key, speaker, 1_800_001_800)).not.toEqual(early);
});

test('what was changed, or signed with another key, is no token', () => {
  const { token } = makeUiSession(key, speaker, now);
  const [claims = '', signature = ''] = token.split('.');
  const other = makeUiSession(key, { ...speaker, apiKeyId: 'oat_2' }, now).token;
  const wrong = [
    'lws_',
    `${claims}.`,
    `${other.split('.')[0]}.${signature}`,
    makeUiSession(Buffer.alloc(32, 2), speaker, now).token,
    token.slice('lws_'.length),
  ];
  for (const text of wrong) expect(readUiSession(key, text, now), text).toBeNull();
});
