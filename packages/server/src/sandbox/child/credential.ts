import type { Helpers } from './page.ts';

interface Navigable {
  goto(url: unknown): Promise<unknown>;
}

/** A credential as JavaScript sees it: its fields, and what is sent to its owner. */
export function credentialObject(
  fields: Readonly<Record<string, string>>,
  helpers: Helpers | null,
): object {
  const help = (name: 'otp' | 'magicLink', options: unknown) => {
    const helper = helpers?.[name];
    if (helper === undefined) throw new TypeError(`There is no ${name} here`);
    return helper.call(helpers, options);
  };
  return Object.freeze({
    ...fields,
    otp: (options: unknown) => help('otp', options),
    magicLink: async (page: Navigable, options: unknown) => {
      await page.goto(await help('magicLink', options));
    },
  });
}
