import { expect, it } from 'vitest';
import { readConfig, SettingsError } from './config.ts';

it('has a default for every setting that may be left out', () => {
  expect(readConfig({})).toMatchObject({
    LAPWING_PORT: 8000,
    LAPWING_ALLOW_HOSTS: [],
    LAPWING_RECORDING: true,
  });
});

it('names every wrong setting with its value', () => {
  const read = () => readConfig({ LAPWING_PORT: 'eighty', LAPWING_VIEWPORT: 'big' });
  expect(read).toThrow(SettingsError);
  expect(read).toThrow(/LAPWING_PORT="eighty"/);
  expect(read).toThrow(/LAPWING_VIEWPORT="big": must look like 1280x720/);
});

it('refuses a name that is no setting', () => {
  expect(() => readConfig({ LAPWING_PROT: '80' })).toThrow(/LAPWING_PROT is no setting/);
});

it('does not print secrets', () => {
  expect(() => readConfig({ LAPWING_API_KEY: 'short' })).not.toThrow(/short/);
});

it('refuses the address of a mail server that cannot be read, and does not print it', () => {
  const read = (LAPWING_SMTP_URL: string) => () => readConfig({ LAPWING_SMTP_URL });
  expect(read('smtps://me:p%40ss@mail.test')).not.toThrow();
  expect(read('smtps://me:100%@mail.test')).toThrow(/\(hidden\): has a % in its login/);
  expect(read('https://me:pass@mail.test')).toThrow(/LAPWING_SMTP_URL=\(hidden\)/);
});

it('splits lists and sizes', () => {
  const config = readConfig({
    LAPWING_ALLOW_HOSTS: 'a.test, 127.0.0.1:80',
    LAPWING_VIEWPORT: '800x600',
  });
  expect(config.LAPWING_ALLOW_HOSTS).toEqual(['a.test', '127.0.0.1:80']);
  expect(config.LAPWING_VIEWPORT).toEqual({ width: 800, height: 600 });
});
