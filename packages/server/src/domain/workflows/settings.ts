import type { WorkflowRequest } from '@lapwing/workflow';

type Settings = Omit<
  WorkflowRequest,
  'title' | 'description' | 'status' | 'folder_id' | 'workflow_definition'
>;
type Stored = Readonly<Record<string, unknown>>;

/** What a field becomes when neither this save nor the version before says anything (blocks.md §1.1). */
const defaults = {
  mask_secrets: false,
  enable_self_healing: false,
  pin_saved_session_ip: false,
  code_version: null,
  max_elapsed_time_minutes: null,
  cdp_connect_headers: null,
} as const;

/** Fields for which null says "as before", not "clear". */
const nullInherits: readonly string[] = ['mask_secrets', 'enable_self_healing', 'code_version'];

const mask = '***';

/** An entry whose value is the mask keeps the value that is stored. */
function unmasked(given: unknown, before: unknown): unknown {
  if (typeof given !== 'object' || given === null) return given;
  const kept = (before ?? {}) as Record<string, unknown>;
  return Object.fromEntries(
    Object.entries(given)
      .map(([name, value]): [string, unknown] => [name, value === mask ? kept[name] : value])
      .filter(([, value]) => value !== undefined),
  );
}

/** The settings of a new version: what the save says, else what the version before had, else the default. */
export function mergeSettings(settings: Settings, before: Stored | null): Record<string, unknown> {
  const merged: Record<string, unknown> = { ...settings };
  for (const [name, fallback] of Object.entries(defaults)) {
    const given = merged[name];
    const inherits = given === undefined || (given === null && nullInherits.includes(name));
    if (inherits) merged[name] = before?.[name] ?? fallback;
  }
  merged.cdp_connect_headers = unmasked(merged.cdp_connect_headers, before?.cdp_connect_headers);
  return merged;
}
