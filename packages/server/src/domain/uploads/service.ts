import type { UploadedFile } from '@lapwing/protocol';
import type { Database } from '../../db/database.ts';
import { LapwingError } from '../../errors.ts';
import { newId } from '../../lib/ids.ts';
import { wireTimeOrNull } from '../../lib/time.ts';
import type { ArtifactsService } from '../artifacts/service.ts';
import * as store from './store.ts';

/** A file as a user sent it. */
export interface NewUpload {
  readonly organizationId: string;
  readonly filename: string;
  readonly contentType: string;
  readonly bytes: Uint8Array;
  /** Null: it stays until it is deleted. */
  readonly retentionDays: number | null;
}

const daySeconds = 24 * 3600;
/** How long the address of a file is good outside of runs when the file itself has no end. */
const addressDays = 7;
const batch = 100;

/** The last part of a path, without what no name may hold. */
function nameOf(filename: string): string {
  const last = filename.split(/[\\/]/).at(-1) ?? '';
  const clean = last
    .replaceAll(/\p{Cc}/gu, '')
    .toWellFormed()
    .trim();
  return clean === '' || clean === '.' || clean === '..' ? 'file' : clean.slice(-255);
}

const typeOf = (contentType: string) =>
  /^[\w.+-]+\/[\w.+-]+$/.test(contentType) ? contentType : 'application/octet-stream';

/** Files that users send for runs to read. Their bytes are artifacts that belong to no run. */
export class UploadsService {
  readonly #database: Database;
  readonly #artifacts: ArtifactsService;

  constructor(database: Database, artifacts: ArtifactsService) {
    this.#database = database;
    this.#artifacts = artifacts;
  }

  async save(upload: NewUpload): Promise<UploadedFile> {
    const { organizationId, retentionDays } = upload;
    const fileId = newId('file');
    const seconds = (retentionDays ?? addressDays) * daySeconds;
    const expiresAt = retentionDays === null ? null : new Date(Date.now() + seconds * 1000);
    const row = await this.#artifacts.save(
      {
        organizationId,
        runId: null,
        blockId: null,
        type: 'download',
        filename: nameOf(upload.filename),
        contentType: typeOf(upload.contentType),
        source: upload.bytes,
      },
      (tx, { artifactId }) =>
        store.insertUpload(tx, { fileId, organizationId, artifactId, expiresAt }),
    );
    return {
      s3_uri: this.#artifacts.view(row).uri,
      presigned_url: this.#artifacts.url(row, seconds),
      file_id: fileId,
      expires_at: wireTimeOrNull(expiresAt),
    };
  }

  /** @throws LapwingError `not_found`, also for a file of another organization. */
  async delete(organizationId: string, fileId: string): Promise<void> {
    const row = await store.findUpload(this.#database.sql, organizationId, fileId);
    if (row === undefined) throw new LapwingError('not_found', `File ${fileId} not found`);
    await this.#artifacts.remove(organizationId, row.artifactId);
  }

  /** Removes the files whose time is over. Returns how many it removed. */
  async removeExpired(signal: AbortSignal): Promise<number> {
    let removed = 0;
    for (;;) {
      const rows = await store.listExpired(this.#database.sql, new Date(), batch);
      for (const { organizationId, artifactId } of rows) {
        if (signal.aborted) return removed;
        await this.#artifacts.remove(organizationId, artifactId);
        removed += 1;
      }
      if (rows.length < batch) return removed;
    }
  }
}
