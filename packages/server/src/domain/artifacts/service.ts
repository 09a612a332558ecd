import type { Readable } from 'node:stream';
import type { Artifact, ArtifactType, FileInfo, SignedUrl } from '@lapwing/protocol';
import type { Database, Sql } from '../../db/database.ts';
import { LapwingError } from '../../errors.ts';
import { newId } from '../../lib/ids.ts';
import { wireTime } from '../../lib/time.ts';
import type { Storage, StorageSource } from '../../storage/storage.ts';
import { type Signature, sign, verifies } from './signature.ts';
import {
  type ArtifactRow,
  deleteArtifact,
  findArtifact,
  findArtifacts,
  insertArtifact,
  listArtifacts,
  listBlockArtifacts,
} from './store.ts';

export type { ArtifactRow } from './store.ts';

/** What is kept: where it belongs, what it is, and its bytes. */
export interface NewArtifact {
  readonly organizationId: string;
  /** Null: of no run, a file that a user sent. */
  readonly runId: string | null;
  readonly blockId: string | null;
  readonly type: ArtifactType;
  readonly filename: string;
  readonly contentType: string;
  readonly source: StorageSource;
}

export interface ContentRange {
  readonly start: number;
  readonly end: number;
}

const hour = 3600;
/** Media live shorter than other files (api.md §10). */
const mediaTypes: readonly string[] = [
  'recording',
  'screenshot_action',
  'screenshot_final',
  'screenshot_llm',
];
const lifetime = (type: string) => (mediaTypes.includes(type) ? hour : 12 * hour);

/** Files of runs: kept in storage, listed in the database, handed out under signed addresses. */
export class ArtifactsService {
  readonly #database: Database;
  readonly #storage: Storage;
  readonly #signingKey: Uint8Array;
  readonly #publicUrl: () => string;

  constructor(options: {
    database: Database;
    storage: Storage;
    signingKey: Uint8Array;
    publicUrl: () => string;
  }) {
    this.#database = options.database;
    this.#storage = options.storage;
    this.#signingKey = options.signingKey;
    this.#publicUrl = options.publicUrl;
  }

  /**
   * Bytes first, row second: a row never names bytes that are not there.
   * @param also What else is written with the row, in one transaction.
   */
  async save(
    artifact: NewArtifact,
    also?: (tx: Sql, row: ArtifactRow) => Promise<void>,
  ): Promise<ArtifactRow> {
    const artifactId = newId('a');
    const storageKey = `${artifact.organizationId}/${artifact.runId ?? 'uploads'}/${artifactId}`;
    const stored = await this.#storage.put(storageKey, artifact.source);
    const values = {
      artifactId,
      organizationId: artifact.organizationId,
      runId: artifact.runId,
      blockId: artifact.blockId,
      artifactType: artifact.type,
      storageKey,
      filename: artifact.filename,
      contentType: artifact.contentType,
      checksum: stored.checksum,
      fileSize: stored.size,
    };
    if (also === undefined) return insertArtifact(this.#database.sql, values);
    return this.#database.transaction(async (tx) => {
      const row = await insertArtifact(tx, values);
      await also(tx, row);
      return row;
    });
  }

  /** Removes bytes and row. A server that dies in between leaves a row, which can be removed again. */
  async remove(organizationId: string, artifactId: string): Promise<void> {
    const row = await this.get(organizationId, artifactId);
    await this.#storage.remove(row.storageKey);
    await deleteArtifact(this.#database.sql, artifactId);
  }

  /** The artifacts of a run or of a block by its row, oldest first; none of another organization. */
  async ofEntity(
    organizationId: string,
    entity: { readonly type: string; readonly id: string },
    types?: readonly ArtifactType[],
  ): Promise<ArtifactRow[]> {
    switch (entity.type) {
      case 'workflow_run': {
        const rows = await listArtifacts(this.#database.sql, entity.id, types);
        return rows.filter((row) => row.organizationId === organizationId);
      }
      case 'workflow_run_block':
        return listBlockArtifacts(
          this.#database.sql,
          { organizationId, blockId: entity.id },
          types,
        );
      default:
        return [];
    }
  }

  /** Oldest first. */
  async ofRun(runId: string, types?: readonly ArtifactType[]): Promise<ArtifactRow[]> {
    return listArtifacts(this.#database.sql, runId, types);
  }

  /** Those of these ids that there are and that are this organization's. */
  async ofIds(organizationId: string, ids: readonly string[]): Promise<ArtifactRow[]> {
    const rows = ids.length === 0 ? [] : await findArtifacts(this.#database.sql, ids);
    return rows.filter((row) => row.organizationId === organizationId);
  }

  /** @throws LapwingError `not_found`, also for an artifact of another organization. */
  async get(organizationId: string, artifactId: string): Promise<ArtifactRow> {
    const row = await findArtifact(this.#database.sql, artifactId);
    if (row === undefined || row.organizationId !== organizationId) {
      throw new LapwingError('not_found', `Artifact ${artifactId} not found`);
    }
    return row;
  }

  /**
   * The artifact of a signed address.
   * @throws LapwingError `invalid_credentials` (bad or expired signature), `not_found`.
   */
  async getSigned(artifactId: string, signature: Signature): Promise<ArtifactRow> {
    const now = Math.floor(Date.now() / 1000);
    if (!verifies(this.#signingKey, artifactId, signature, now)) {
      throw new LapwingError(
        'invalid_credentials',
        `The signature of this address of ${artifactId} is wrong or has expired: read the run again for a new one`,
      );
    }
    const row = await findArtifact(this.#database.sql, artifactId);
    if (row === undefined) throw new LapwingError('not_found', `Artifact ${artifactId} not found`);
    return row;
  }

  /** @throws LapwingError `not_found` when the bytes are gone. */
  async open(row: ArtifactRow, range?: ContentRange): Promise<Readable> {
    return (await this.#storage.open(row.storageKey, range)).stream;
  }

  /** A signed address that is good for `seconds` (by default 12 h, media 1 h). */
  url(
    row: Pick<ArtifactRow, 'artifactId' | 'artifactType'>,
    seconds = lifetime(row.artifactType),
  ): string {
    const { sig, expiry, kid } = this.#sign(row.artifactId, seconds);
    const query = new URLSearchParams({ expiry, kid, sig });
    return `${this.#publicUrl()}/v1/artifacts/${row.artifactId}/content?${query}`;
  }

  #sign(artifactId: string, seconds: number): Signature {
    return sign(this.#signingKey, artifactId, Math.floor(Date.now() / 1000) + seconds);
  }

  signedUrl(row: ArtifactRow): SignedUrl {
    const seconds = 300;
    return {
      artifact_id: row.artifactId,
      signed_url: this.url(row, seconds),
      expires_at: Math.floor(Date.now() / 1000) + seconds,
    };
  }

  fileInfo(row: ArtifactRow): FileInfo {
    return {
      url: this.url(row),
      checksum: row.checksum,
      filename: row.filename,
      file_size: row.fileSize,
      modified_at: wireTime(row.modifiedAt),
      artifact_id: row.artifactId,
    };
  }

  view(row: ArtifactRow): Artifact {
    return {
      artifact_id: row.artifactId,
      artifact_type: row.artifactType as ArtifactType,
      uri: `lapwing://${row.storageKey}`,
      bundle_key: null,
      checksum: row.checksum,
      file_size: row.fileSize,
      task_id: null,
      step_id: null,
      workflow_run_id: row.runId,
      workflow_run_block_id: row.blockId,
      run_id: row.runId,
      browser_session_id: null,
      observer_cruise_id: null,
      observer_thought_id: null,
      ai_suggestion_id: null,
      organization_id: row.organizationId,
      signed_url: this.url(row),
      archived: false,
      created_at: wireTime(row.createdAt),
      modified_at: wireTime(row.modifiedAt),
    };
  }
}
