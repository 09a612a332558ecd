import type { FoldersService } from '../../domain/folders/service.ts';
import type { JsonHandlers } from '../handlers.ts';

type FolderHandlers = Pick<
  JsonHandlers,
  'createFolder' | 'listFolders' | 'getFolder' | 'updateFolder' | 'deleteFolder'
>;

const idOf = (request: { params: Readonly<Record<string, string>> }) =>
  request.params.folder_id ?? '';

export function folderHandlers(folders: FoldersService): FolderHandlers {
  return {
    createFolder: ({ principal, body }) => folders.create(principal.organizationId, body),
    listFolders: ({ principal, query }) => folders.list(principal.organizationId, query),
    getFolder: (request) => folders.get(request.principal.organizationId, idOf(request)),
    updateFolder: (request) =>
      folders.update(request.principal.organizationId, idOf(request), request.body),
    deleteFolder: (request) =>
      folders.delete(
        request.principal.organizationId,
        idOf(request),
        request.query.delete_workflows,
      ),
  };
}
