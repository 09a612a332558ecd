import { maxTags, type TagApplyRequest } from '@lapwing/protocol';
import { LapwingError } from '../../errors.ts';
import type { TagEventRow } from './store.ts';

type OpenEvent = Pick<TagEventRow, 'eventId' | 'key' | 'value' | 'eventType'>;

export interface TagChange {
  readonly key: string | null;
  readonly value: string;
  readonly eventType: 'set' | 'delete';
  /** The event that it follows. */
  readonly supersedes: number | null;
}

/** What makes a tag the same one: its key, or a label's text. */
const identity = (key: string | null, value: string) =>
  key === null ? `label ${value}` : `key ${key}`;

const isSet = (event: OpenEvent | undefined) => event?.eventType === 'set';

type Wanted = ReadonlyMap<string, { readonly key: string | null; readonly value: string }>;

function wantedOf(tags: TagApplyRequest['tags']): Wanted {
  const wanted = new Map<string, { key: string | null; value: string }>();
  for (const { key = null, value } of tags) {
    const name = identity(key, value);
    const other = wanted.get(name);
    if (other !== undefined && other.value !== value) {
      throw new LapwingError(
        'validation_failed',
        `tags: the key ${key} is given ${JSON.stringify(other.value)} and ${JSON.stringify(value)}: a key has one value`,
      );
    }
    wanted.set(name, { key, value });
  }
  return wanted;
}

/** The tags that stand now and are to go: a set item wins over a deleted one. */
function deletions(
  open: ReadonlyMap<string, OpenEvent>,
  unwanted: TagApplyRequest['tags_to_delete'],
  wanted: Wanted,
): Map<string, OpenEvent> {
  const gone = new Map<string, OpenEvent>();
  for (const { key = null, value = null } of unwanted) {
    const name = identity(key, value ?? '');
    const event = open.get(name);
    if (event === undefined || !isSet(event) || wanted.has(name)) continue;
    if (key === null || value === null || event.value === value) gone.set(name, event);
  }
  return gone;
}

/**
 * What a request changes of the tags of something; nothing of what stands as it is wanted.
 * @param openEvents The last event of each tag that it has or had.
 * @throws LapwingError `validation_failed` when a key is given two values, or too many tags would stand.
 */
export function planChanges(
  openEvents: readonly OpenEvent[],
  request: Pick<TagApplyRequest, 'tags' | 'tags_to_delete'>,
): TagChange[] {
  const open = new Map(openEvents.map((event) => [identity(event.key, event.value), event]));
  const wanted = wantedOf(request.tags);
  const gone = deletions(open, request.tags_to_delete, wanted);
  const changes: TagChange[] = [...gone.values()].map(({ key, value, eventId }) => ({
    key,
    value,
    eventType: 'delete',
    supersedes: eventId,
  }));
  let standing = openEvents.filter(isSet).length - gone.size;
  for (const [name, { key, value }] of wanted) {
    const event = open.get(name);
    if (!isSet(event)) standing += 1;
    else if (event?.value === value) continue;
    changes.push({ key, value, eventType: 'set', supersedes: event?.eventId ?? null });
  }
  if (standing > maxTags) {
    throw new LapwingError(
      'validation_failed',
      `tags: ${standing} tags would stand; at most ${maxTags} may. Delete some in the same request`,
    );
  }
  return changes;
}
