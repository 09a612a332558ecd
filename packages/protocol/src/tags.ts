import { z } from 'zod';
import { WireTime } from './fields.ts';

/** Most tags of one workflow or run. */
export const maxTags = 20;

/** The key of a grouped tag (reference: api.md §19). */
export const TagKeyName = z
  .string()
  .max(64)
  .regex(/^[A-Za-z0-9][A-Za-z0-9_.-]*$/, {
    message: 'A tag key has letters, digits, _ . and -, and begins with a letter or a digit',
  })
  .refine((key) => !key.startsWith('skyvern.'), {
    message: 'Tag keys that begin with skyvern. are reserved',
  });

const text = z
  .string()
  .trim()
  .min(1)
  .max(256)
  .refine((value) => !value.includes(','), { message: 'A tag may hold no comma' });

/** The value of a grouped tag. */
const TagValueText = text.refine((value) => value !== '*', {
  message: '* is no value: it stands for any value in filters',
});

/** A tag as it is set: grouped, or a bare label when it has no key. */
const TagInput = z
  .object({ key: TagKeyName.nullish(), value: text })
  .refine((tag) => tag.key == null || tag.value !== '*', {
    path: ['value'],
    message: '* is no value: it stands for any value in filters',
  })
  .refine((tag) => tag.key != null || !tag.value.includes(':'), {
    path: ['value'],
    message: 'A label may hold no colon: send the part before it as key',
  });

/** What is taken away: a grouped tag by its key (with a value: only if it has that), or a label by its value. */
const TagDeleteInput = z
  .object({ key: z.string().nullish(), value: z.string().nullish() })
  .refine((tag) => (tag.key ?? tag.value ?? null) !== null, {
    message: 'Give the key of a grouped tag, or the value of a label',
  });

const TagColor = z
  .enum([
    'gray',
    'red',
    'orange',
    'amber',
    'yellow',
    'green',
    'teal',
    'blue',
    'cyan',
    'indigo',
    'purple',
    'pink',
  ])
  .meta({ id: 'TagColor' });
export type TagColor = z.infer<typeof TagColor>;

/** Body that changes the tags of a workflow or run. An item both set and deleted is set. */
export const TagApplyRequest = z
  .object({
    tags: z.array(TagInput).default([]),
    tags_to_delete: z.array(TagDeleteInput).default([]),
    colors: z
      .record(z.string(), TagColor)
      .nullish()
      .meta({ description: 'Colours of the values that are set: value → colour' }),
  })
  .meta({ id: 'TagApplyRequest' });
export type TagApplyRequest = z.infer<typeof TagApplyRequest>;

export const TagSource = z.enum([
  'manual',
  'bulk_apply',
  'backfill',
  'inherited',
  'import',
  'system',
]);
export type TagSource = z.infer<typeof TagSource>;

/** A tag as it stands. */
export const Tag = z
  .object({
    key: z.string().nullable().meta({ description: 'Null: a bare label' }),
    value: z.string(),
    source: TagSource,
    set_at: WireTime,
    set_by: z.string().meta({ description: 'The id of the API key that set it' }),
  })
  .meta({ id: 'Tag' });
export type Tag = z.infer<typeof Tag>;

/** Something that happened to a tag, superseded when the next thing did. */
export const TagEvent = z
  .object({
    tag_event_id: z.string(),
    key: z.string().nullable(),
    value: z.string().nullable(),
    event_type: z.enum(['set', 'delete']),
    source: TagSource,
    set_at: WireTime,
    set_by: z.string(),
    superseded_at: WireTime.nullable(),
  })
  .meta({ id: 'TagEvent' });
export type TagEvent = z.infer<typeof TagEvent>;

export const WorkflowTags = z.object({ workflow_permanent_id: z.string(), tags: z.array(Tag) });
export const RunTags = z.object({ workflow_run_id: z.string(), tags: z.array(Tag) });
export const WorkflowTagHistory = z.object({
  workflow_permanent_id: z.string(),
  events: z.array(TagEvent),
});
export const RunTagHistory = z.object({ workflow_run_id: z.string(), events: z.array(TagEvent) });

/** A tag in the answer for many workflows or runs. */
const TagItem = z.object({ key: z.string().nullable(), value: z.string() });
export type TagItem = z.infer<typeof TagItem>;
const tagsById = z.record(z.string(), z.array(TagItem));
export const ManyWorkflowTags = z.object({ workflow_tags: tagsById });
export const ManyRunTags = z.object({ run_tags: tagsById });
const ids = z.array(z.string()).default([]);
export const ManyWorkflowTagsRequest = z.object({ workflow_permanent_ids: ids });
export const ManyRunTagsRequest = z.object({ workflow_run_ids: ids });

/** A key of the vocabulary. */
export const TagKey = z
  .object({
    key: z.string(),
    description: z.string().nullable(),
    workflow_count: z.number().int(),
  })
  .meta({ id: 'TagKey' });
export type TagKey = z.infer<typeof TagKey>;
export const TagKeyUpdate = z.object({ description: z.string().nullish() });

const removals = {
  removed_from_workflow_count: z.number().int(),
  removed_from_run_count: z.number().int(),
  removed_count: z.number().int(),
};
export const TagKeyDeleted = z.object({ key: z.string(), ...removals });
export type TagKeyDeleted = z.infer<typeof TagKeyDeleted>;

/** A value of a key of the vocabulary, with its colour. */
export const TagValue = z
  .object({
    key: z.string(),
    value: z.string(),
    color: TagColor,
    workflow_count: z.number().int(),
  })
  .meta({ id: 'TagValue' });
export type TagValue = z.infer<typeof TagValue>;
export const TagValueCreate = z.object({
  key: TagKeyName,
  value: TagValueText,
  color: TagColor.nullish(),
});
export type TagValueCreate = z.infer<typeof TagValueCreate>;
export const TagValueUpdate = z.object({ value: z.string(), color: TagColor });
export const TagValueRename = z.object({ value: z.string(), new_value: TagValueText });
export const TagValueRenamed = z.object({
  key: z.string(),
  value: z.string(),
  color: TagColor,
  renamed_workflow_count: z.number().int(),
});
export type TagValueRenamed = z.infer<typeof TagValueRenamed>;
export const TagValueDelete = z.object({ value: z.string() });
export const TagValueDeleted = z.object({ key: z.string(), value: z.string(), ...removals });
export type TagValueDeleted = z.infer<typeof TagValueDeleted>;

/** What runs were tagged with lately, to choose from. */
export const RunTagSuggestions = z.object({
  keys: z.array(z.string()),
  values_by_key: z
    .record(z.string(), z.array(z.string()))
    .meta({ description: 'At most 3 values of each key, newest first' }),
  labels: z.array(z.string()),
});
export type RunTagSuggestions = z.infer<typeof RunTagSuggestions>;
