import { laxBoolean, proxyLocationNames } from '@lapwing/workflow';
import { z } from 'zod';

/** A time on the wire: naive UTC, ISO 8601, no offset (reference: api.md §4). */
export const WireTime = z.string().meta({ description: 'UTC, ISO 8601, no offset' });

export const JsonMap = z.record(z.string(), z.unknown());
export const StringMap = z.record(z.string(), z.string());

/** Names of proxy locations (blocks.md §1.6). */
const ProxyLocationName = z.enum(proxyLocationNames);

/** A name, a GeoTarget (`{country, subdivision?, city?}`) or `{url}` (api.md §26). */
export const ProxyLocation = z.union([ProxyLocationName, JsonMap]);
export type ProxyLocation = z.infer<typeof ProxyLocation>;

/** Largest whole number of a query: what the database counts and offsets by fits in 64 bits. */
const largest = 2 ** 31 - 1;
/** A whole number from 1 to a maximum, in text. */
export const boundedCount = (maximum: number) => z.coerce.number().int().min(1).max(maximum);
export const QueryCount = boundedCount(largest);
export const Page = QueryCount.default(1);
export const PageSize = QueryCount.default(10);

/** A query parameter that may be repeated, so many times at most: always read as a list. */
export const repeated = <T extends z.ZodType>(item: T, most?: number) => {
  const list = z.array(item);
  return z.preprocess(
    (value) => (value === undefined || Array.isArray(value) ? value : [value]),
    (most === undefined ? list : list.max(most)).optional(),
  );
};

const hasOffset = (text: string) => /(Z|[+-]\d\d:?\d\d)$/.test(text);

/** A time in a query: ISO 8601, UTC unless it has an offset. */
export const QueryInstant = z.iso
  .datetime({ local: true, offset: true })
  .transform((text) => new Date(hasOffset(text) ? text : `${text}Z`))
  // The years that a database and a calendar both know.
  .refine((date) => date.getUTCFullYear() >= 1 && date.getUTCFullYear() <= 9999, {
    message: 'The year must be from 1 to 9999',
  });

/** A query parameter that is `true` or `false` in text. */
export const QueryBoolean = laxBoolean;

/** Whether a workflow is looked for among the templates that the server offers to every organization. */
export const Template = QueryBoolean.default(false).meta({
  description: 'Of the templates of the server, which every organization may read and run',
});
