import type { BrowserSettings } from './settings.ts';

/**
 * Start flags for a Chromium that is driven, not looked at: no first-run pages, no traffic of its own, no throttling of
 * pages in the background. Flags of the settings come last, so that they win.
 */
export function browserArguments(
  settings: BrowserSettings,
  options: { readonly userDataDirectory: string; readonly root: boolean },
): string[] {
  const { width, height } = settings.viewport;
  return [
    '--headless',
    '--remote-debugging-port=0',
    `--user-data-dir=${options.userDataDirectory}`,
    // Chromium refuses its sandbox to root.
    ...(options.root ? ['--no-sandbox'] : []),
    '--no-first-run',
    '--no-default-browser-check',
    '--no-service-autorun',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
    '--disable-breakpad',
    '--disable-default-apps',
    '--disable-field-trial-config',
    '--metrics-recording-only',
    '--password-store=basic',
    '--use-mock-keychain',
    '--disable-gpu',
    '--disable-dev-shm-usage',
    '--disable-background-timer-throttling',
    '--disable-backgrounding-occluded-windows',
    '--disable-renderer-backgrounding',
    '--disable-ipc-flooding-protection',
    '--disable-hang-monitor',
    '--disable-popup-blocking',
    '--disable-prompt-on-repost',
    '--force-color-profile=srgb',
    '--hide-scrollbars',
    '--mute-audio',
    `--lang=${settings.locale}`,
    `--accept-lang=${acceptLanguages(settings.locale)}`,
    `--window-size=${width},${height}`,
    ...settings.extraArgs,
    'about:blank',
  ];
}

/** `de-CH` → `de-CH,de`: what a browser of that language sends. */
function acceptLanguages(locale: string): string {
  const language = locale.split('-', 1)[0] ?? locale;
  return language === locale ? locale : `${locale},${language}`;
}

const inheritedVariables = [
  'PATH',
  'HOME',
  'TMPDIR',
  'LANG',
  'FONTCONFIG_FILE',
  'FONTCONFIG_PATH',
  'LD_LIBRARY_PATH',
];

/** The environment of a browser: nothing of the server's but what a program needs to run, for keys live there. */
export function browserEnvironment(
  inherited: Readonly<Record<string, string | undefined>>,
  own: Readonly<Record<string, string>>,
  timeZone: string | null,
): Record<string, string> {
  const kept = inheritedVariables.flatMap((name) => {
    const value = inherited[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  return { ...Object.fromEntries(kept), ...(timeZone === null ? {} : { TZ: timeZone }), ...own };
}

/** Preferences of a new profile: full Chromium would show a PDF instead of downloading it, as the shell does. */
export const profilePreferences = {
  plugins: { always_open_pdf_externally: true },
  download: { prompt_for_download: false },
} as const;
