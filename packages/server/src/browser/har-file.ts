import { readFile, writeFile } from 'node:fs/promises';
import { z } from 'zod';

/** A network log, or a part of one: as it was written line by line, or as an earlier worker finished it. */
export interface HarPart {
  readonly kind: 'lines' | 'har';
  readonly path: string;
}

const Page = z.looseObject({ id: z.string(), title: z.string() });
const Entry = z.looseObject({ pageref: z.string().optional() });
const Line = z.union([
  /** Its version; first of all. */
  z.strictObject({ browser: z.string() }),
  z.strictObject({ page: Page }),
  z.strictObject({ entry: Entry }),
  /** Where a page was at the end. */
  z.strictObject({ title: z.strictObject({ id: z.string(), url: z.string() }) }),
  /** How many requests had no room. */
  z.strictObject({ leftOut: z.number() }),
]);
const Har = z.object({
  log: z.object({
    browser: z.object({ version: z.string() }),
    pages: z.array(Page),
    entries: z.array(Entry),
  }),
});

const maxEntryBytes = 32 * 2 ** 20;

/** One line of a log that is being written. */
export function harLine(line: object): string {
  return `${JSON.stringify(line)}\n`;
}

interface Parsed {
  readonly pages: z.output<typeof Page>[];
  readonly entries: z.output<typeof Entry>[];
  browser: string | null;
  leftOut: number;
}

/** Writes the parts of a run's network log as one HAR 1.2 file. The path; null when there was no request. */
export async function writeHar(parts: readonly HarPart[], path: string): Promise<string | null> {
  const whole: Parsed = { pages: [], entries: [], browser: null, leftOut: 0 };
  for (const [index, part] of parts.entries()) {
    const read = await readPart(part).catch(() => null);
    if (read === null) continue;
    // Each part numbers its pages anew.
    const name = (id: string) => (parts.length === 1 ? id : `part_${index + 1}_${id}`);
    whole.pages.push(...read.pages.map((page) => ({ ...page, id: name(page.id) })));
    for (const { pageref, ...entry } of read.entries)
      whole.entries.push(pageref === undefined ? entry : { pageref: name(pageref), ...entry });
    whole.leftOut += read.leftOut;
    whole.browser = read.browser;
  }
  if (whole.entries.length === 0) return null;
  await writeFile(path, textOf(whole));
  return path;
}

async function readPart({ kind, path }: HarPart): Promise<Parsed> {
  const text = await readFile(path, 'utf8');
  if (kind === 'har') {
    const { log } = Har.parse(JSON.parse(text));
    return { ...log, browser: log.browser.version, leftOut: 0 };
  }
  const parsed: Parsed = { pages: [], entries: [], browser: null, leftOut: 0 };
  // The last line may be cut off.
  for (const line of text.slice(0, text.lastIndexOf('\n') + 1).split('\n')) {
    if (line !== '') take(parsed, Line.parse(JSON.parse(line)));
  }
  return parsed;
}

function take(parsed: Parsed, line: z.output<typeof Line>): void {
  if ('entry' in line) parsed.entries.push(line.entry);
  else if ('page' in line) parsed.pages.push(line.page);
  else if ('leftOut' in line) parsed.leftOut += line.leftOut;
  else if ('browser' in line) parsed.browser = line.browser;
  else {
    const page = parsed.pages.find(({ id }) => id === line.title.id);
    if (page !== undefined) page.title = line.title.url;
  }
}

function textOf({ pages, entries, browser, leftOut }: Parsed): string {
  const lines: string[] = [];
  let bytes = 0;
  for (const entry of entries) {
    const line = JSON.stringify(entry);
    bytes += line.length;
    if (bytes <= maxEntryBytes) lines.push(line);
  }
  const missing = leftOut + entries.length - lines.length;
  const head = {
    version: '1.2',
    creator: { name: 'Lapwing', version: '1' },
    browser: { name: 'Chromium', version: browser ?? 'unknown' },
    pages,
    ...(missing === 0 ? {} : { comment: `${missing} requests were left out: the log was full.` }),
  };
  const opened = JSON.stringify(head).slice(0, -1);
  return `{"log":${opened},"entries":[${lines.join(',\n')}]}}`;
}
