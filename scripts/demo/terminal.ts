import { styleText } from 'node:util';

type Style = Parameters<typeof styleText>[0];

const paint = (style: Style, text: string) => styleText(style, text, { stream: process.stdout });

const bold = (text: string) => paint('bold', text);
export const dim = (text: string) => paint('dim', text);
export const green = (text: string) => paint('green', text);
export const red = (text: string) => paint('red', text);

export function line(text = ''): void {
  process.stdout.write(`${text}\n`);
}

export function heading(text: string): void {
  line(`\n${bold(text)}`);
}

/** A name and its value, aligned with the others. */
export function fact(name: string, value: string | number): void {
  line(`  ${dim(name.padEnd(12))} ${value}`);
}

/** Cuts a text to `width` columns. */
export function shortened(text: string, width: number): string {
  const flat = text.replaceAll(/\s+/g, ' ');
  return flat.length <= width ? flat : `${flat.slice(0, width - 1)}…`;
}
