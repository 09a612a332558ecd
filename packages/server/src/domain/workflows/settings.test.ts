import { expect, it } from 'vitest';
import { mergeSettings } from './settings.ts';

type Settings = Parameters<typeof mergeSettings>[0];
const merge = (settings: object, before: Record<string, unknown> | null) =>
  mergeSettings(settings as Settings, before);

it('fills in defaults on create', () => {
  expect(merge({}, null)).toMatchObject({
    mask_secrets: false,
    code_version: null,
    max_elapsed_time_minutes: null,
  });
});

it('inherits what an update leaves out', () => {
  expect(merge({}, { mask_secrets: true, max_elapsed_time_minutes: 5 })).toMatchObject({
    mask_secrets: true,
    max_elapsed_time_minutes: 5,
  });
});

it('clears the time limit by an explicit null, but not mask_secrets', () => {
  const before = { mask_secrets: true, max_elapsed_time_minutes: 5 };
  expect(merge({ mask_secrets: null, max_elapsed_time_minutes: null }, before)).toMatchObject({
    mask_secrets: true,
    max_elapsed_time_minutes: null,
  });
});

it('keeps the stored value of a masked header and drops a masked one that is unknown', () => {
  const before = { cdp_connect_headers: { token: 'secret' } };
  expect(
    merge({ cdp_connect_headers: { token: '***', other: '***', mine: 'x' } }, before),
  ).toMatchObject({
    cdp_connect_headers: { token: 'secret', mine: 'x' },
  });
});
