import { json, legacyTwin, type Route, reference } from '../route.ts';
import { UploadedFile, UploadForm } from '../uploads.ts';

/** Files of users, for runs to read (reference: api.md §10). */
export const uploadRoutes = {
  uploadFile: {
    ...reference,
    method: 'POST',
    path: '/v1/upload_file',
    twins: legacyTwin('POST', '/v1/upload_file'),
    tag: 'Files',
    summary: 'Send a file of up to 10 MB, to be named in a `file_url` parameter',
    body: UploadForm,
    file: { maxBytes: 10 * 1024 * 1024 },
    answer: json(UploadedFile),
    errors: ['validation_failed', 'body_too_large'],
  },
  deleteFile: {
    ...reference,
    method: 'DELETE',
    path: '/v1/files/{file_id}',
    tag: 'Files',
    summary: 'Delete a file that was sent',
    answer: { kind: 'empty' },
    errors: ['not_found'],
  },
} as const satisfies Record<string, Route>;
