import { boundedInteger } from '@lapwing/workflow';
import { z } from 'zod';
import { WireTime } from './fields.ts';

/** Fields of the form of POST /v1/upload_file, besides the file (reference: api.md §10). */
export const UploadForm = z.object({
  retention_days: z
    .preprocess((value) => (value === '' ? undefined : value), boundedInteger(1, 365).nullish())
    .meta({ description: 'Days until the file is removed; without it, it stays' }),
});

export const UploadedFile = z
  .object({
    s3_uri: z.string(),
    presigned_url: z.string().meta({
      description: 'What a `file_url` parameter takes. In runs it is good for as long as the file',
    }),
    file_id: z.string().nullable().meta({ description: '`file_…`' }),
    expires_at: WireTime.nullable(),
  })
  .meta({ id: 'UploadedFile' });
export type UploadedFile = z.infer<typeof UploadedFile>;
