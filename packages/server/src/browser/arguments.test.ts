import { expect, it } from 'vitest';
import { browserArguments, browserEnvironment } from './arguments.ts';
import { defaultBrowserSettings } from './settings.ts';

const settings = { ...defaultBrowserSettings, directory: '/data', locale: 'de-CH' };
const options = { userDataDirectory: '/data/browser-1', root: false };

it('gives up the sandbox only for root', () => {
  expect(browserArguments(settings, options)).not.toContain('--no-sandbox');
  expect(browserArguments(settings, { ...options, root: true })).toContain('--no-sandbox');
});

it('asks sites for the language of the locale', () => {
  const args = browserArguments(settings, options);
  expect(args).toContain('--lang=de-CH');
  expect(args).toContain('--accept-lang=de-CH,de');
});

it('puts flags of the settings behind its own', () => {
  const args = browserArguments({ ...settings, extraArgs: ['--window-size=10,20'] }, options);
  expect(args.indexOf('--window-size=10,20')).toBeGreaterThan(
    args.indexOf('--window-size=1280,720'),
  );
});

it('hands no secret of the server to the browser', () => {
  const inherited = { PATH: '/bin', LAPWING_API_KEY: 'secret', HOME: undefined };
  expect(browserEnvironment(inherited, { LD_LIBRARY_PATH: '/lib' }, 'Asia/Tokyo')).toEqual({
    PATH: '/bin',
    LD_LIBRARY_PATH: '/lib',
    TZ: 'Asia/Tokyo',
  });
});
