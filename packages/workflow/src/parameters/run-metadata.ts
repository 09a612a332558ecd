export type ParsedRunMetadata =
  | { readonly ok: true; readonly metadata: Readonly<Record<string, string>> }
  | { readonly ok: false; readonly message: string };

const maxEntries = 20;
const maxKeyLength = 64;
const maxValueLength = 256;

/**
 * `run_metadata` as it is kept (blocks.md §2.4): keys and values trimmed, empty ones and those under `skyvern.` left
 * out. Refused beyond 20 entries, 64 characters of a key, 256 of a value; every problem is in the message.
 */
export function parseRunMetadata(given: Readonly<Record<string, string>>): ParsedRunMetadata {
  const entries = Object.entries(given)
    .map(([key, value]): [string, string] => [key.trim(), value.trim()])
    .filter(([key, value]) => key !== '' && value !== '' && !key.startsWith('skyvern.'));
  const problems = entries.flatMap(([key, value]) => entryProblems(key, value));
  if (entries.length > maxEntries) {
    problems.unshift(`run_metadata has ${entries.length} entries; at most ${maxEntries} are kept`);
  }
  return problems.length > 0
    ? { ok: false, message: problems.slice(0, maxEntries + 1).join('; ') }
    : { ok: true, metadata: Object.fromEntries(entries) };
}

function entryProblems(key: string, value: string): string[] {
  const shown = key.slice(0, maxKeyLength);
  return [
    ...(key.length > maxKeyLength
      ? [`run_metadata key '${shown}…' is longer than ${maxKeyLength} characters`]
      : []),
    ...(value.length > maxValueLength
      ? [`run_metadata value of '${shown}' is longer than ${maxValueLength} characters`]
      : []),
  ];
}
