import { settings } from '../../packages/server/src/config.ts';

/** The settings of the server as a Markdown table. */
export function settingsTable(): string {
  const rows = Object.entries(settings.shape).map(([name, schema]) => {
    const parsed = schema.safeParse(undefined);
    return `| \`${name}\` | ${schema.description ?? ''} | ${parsed.success ? shownDefault(name, parsed.data) : ''} |`;
  });
  return ['| setting | meaning | default |', '|---|---|---|', ...rows].join('\n');
}

/** Defaults that depend on the machine are told in words. */
function shownDefault(name: string, value: unknown): string {
  if (name === 'LAPWING_DATA_DIR') return '`.lapwing`';
  if (name === 'LAPWING_MAX_BROWSERS') return 'number of processors, at least 2';
  if (value === undefined || (Array.isArray(value) && value.length === 0)) return '';
  if (typeof value === 'boolean') return value ? '`on`' : '`off`';
  if (name === 'LAPWING_VIEWPORT') return '`1280x720`';
  return `\`${String(value)}\``;
}
