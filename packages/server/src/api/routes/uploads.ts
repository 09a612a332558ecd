import type { UploadsService } from '../../domain/uploads/service.ts';
import type { JsonHandlers, StreamHandlers } from '../handlers.ts';

type UploadHandlers = Pick<JsonHandlers, 'uploadFile'> & Pick<StreamHandlers, 'deleteFile'>;

export function uploadHandlers(uploads: UploadsService): UploadHandlers {
  return {
    uploadFile: ({ principal, body, file }) =>
      uploads.save({
        ...file,
        organizationId: principal.organizationId,
        retentionDays: body.retention_days ?? null,
      }),
    deleteFile: async ({ principal, params }, reply) => {
      await uploads.delete(principal.organizationId, params.file_id ?? '');
      return reply.code(204).send();
    },
  };
}
