import type { Download, Frame, Locator, Page } from 'playwright-core';
import { z } from 'zod';

/** What helpers of the code need beyond the page. */
export interface HelperRules {
  /** The path of the next file that the browser downloads, when it is kept. Rejects with the signal's reason. */
  nextDownload(signal: AbortSignal): Promise<string>;
  /** A code, or the address of a link, that the owner of a login is sent. Rejects with a text for the user. */
  oneTimeCode(
    kind: 'code' | 'link',
    limits: { readonly timeoutMs: number | undefined; readonly signal: AbortSignal },
  ): Promise<string>;
}

/** One call of a helper. */
export interface HelperCall {
  /** The run's page; helpers that do not need it may be called without one. */
  readonly page: Page;
  readonly args: readonly unknown[];
  readonly options: Readonly<Record<string, unknown>>;
}

const captchaMs = 30_000;
const downloadMs = 120_000;
const clickMs = 30_000;

const limitsSchema = z.object({
  timeout: z.number().nonnegative().optional(),
  signal: z.instanceof(AbortSignal),
});

/** What the code may call without an object, by name. */
export const helpers: Readonly<
  Record<string, (call: HelperCall, rules: HelperRules) => Promise<unknown>>
> = {
  otp: (call, rules) => askForCode('code', call, rules),
  magicLink: (call, rules) => askForCode('link', call, rules),
  solveCaptcha,
  clickAndClaimDownload,
};

/** The helpers that work without the page. */
export const pageless = ['otp', 'magicLink'] as const;

function limitsOf(options: HelperCall['options']): z.output<typeof limitsSchema> {
  const parsed = limitsSchema.safeParse(options);
  if (!parsed.success) throw new TypeError('The timeout must be a number of milliseconds.');
  return parsed.data;
}

function askForCode(kind: 'code' | 'link', { options }: HelperCall, rules: HelperRules) {
  const { timeout: timeoutMs, signal } = limitsOf(options);
  return rules.oneTimeCode(kind, { timeoutMs, signal });
}

/** Runs in the page: the name of a captcha that is seen there and not answered, or null. */
const openCaptcha = `() => {
  const kinds = [
    ['reCAPTCHA', '.g-recaptcha, iframe[src*="/recaptcha/"]', 'g-recaptcha-response'],
    ['hCaptcha', '.h-captcha, iframe[src*="hcaptcha.com"]', 'h-captcha-response'],
    ['Turnstile', '.cf-turnstile, iframe[src*="challenges.cloudflare.com"]', 'cf-turnstile-response'],
  ];
  const isSeen = (element) => {
    const { width, height } = element.getBoundingClientRect();
    return width > 30 && height > 30 && element.closest('.grecaptcha-badge') === null &&
      element.checkVisibility({ visibilityProperty: true });
  };
  const isAnswered = (name) => [...document.getElementsByName(name)].some((field) => field.value);
  const open = kinds.find(([, selector, answer]) =>
    [...document.querySelectorAll(selector)].some(isSeen) && !isAnswered(answer));
  return open ? open[0] : null;
}`;

/** Nothing here solves captchas. Many let a browser through by themselves, given time; a page without one is no failure. */
async function solveCaptcha(call: HelperCall): Promise<boolean> {
  const [given] = call.args;
  const page = isDocument(given) ? given : call.page;
  const { timeout = captchaMs, signal } = limitsOf(call.options);
  try {
    await page.waitForFunction(`(${openCaptcha})() === null`, undefined, { timeout, signal });
    return true;
  } catch (error) {
    signal.throwIfAborted();
    const name = await page.evaluate<string | null>(`(${openCaptcha})()`);
    if (name === null) throw error;
    throw new Error(
      `The page shows a captcha (${name}) that was not solved within ${timeout / 1000} seconds: this server has no solver.`,
    );
  }
}

/** Clicks, waits until the file that comes of it is kept, and gives its path. */
async function clickAndClaimDownload(call: HelperCall, rules: HelperRules): Promise<string> {
  const { timeout = downloadMs, signal } = limitsOf(call.options);
  const element = elementOf(call);
  const over = new AbortController();
  const late = new Error(`No file came within ${timeout / 1000} seconds.`);
  late.name = 'TimeoutError';
  const timer = setTimeout(() => over.abort(late), timeout);
  const stop = AbortSignal.any([signal, over.signal]);
  const arriving = Promise.race([rules.nextDownload(stop), brokenDownload(element.page(), stop)]);
  // The click may fail first.
  arriving.catch(() => {});
  try {
    await element.click({
      ...call.options,
      timeout: Math.min(timeout, clickMs),
      signal: stop,
    });
    return await arriving;
  } finally {
    clearTimeout(timer);
    over.abort();
  }
}

/** Rejects when a download of the browser breaks, or with the signal's reason; never resolves. */
function brokenDownload(page: Page, signal: AbortSignal): Promise<never> {
  const { promise, reject } = Promise.withResolvers<never>();
  const context = page.context();
  const onDownload = (download: Download) => {
    download.failure().then(
      (why) => {
        if (why === null) return;
        reject(new Error(`The download of ${download.suggestedFilename()} failed: ${why}.`));
      },
      () => {},
    );
  };
  const watch = (one: Page) => one.on('download', onDownload);
  for (const one of context.pages()) watch(one);
  context.on('page', watch);
  const stop = () => {
    context.off('page', watch);
    for (const one of context.pages()) one.off('download', onDownload);
    reject(signal.reason);
  };
  signal.addEventListener('abort', stop, { once: true });
  return promise;
}

/** `(locator)`, `(selector)`, or `(page or frame, locator or selector)`. */
function elementOf({ page, args }: HelperCall): Locator {
  const [first, second] = args;
  const document = isDocument(first) ? first : page;
  const target = isDocument(first) ? second : first;
  if (typeof target === 'string') return document.locator(target);
  if (typeof target === 'object' && target !== null && 'pressSequentially' in target) {
    return target as Locator;
  }
  throw new TypeError('The thing to click must be a locator or a selector.');
}

function isDocument(value: unknown): value is Page | Frame {
  return typeof value === 'object' && value !== null && 'waitForURL' in value;
}
