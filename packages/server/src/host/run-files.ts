import type { Readable } from 'node:stream';
import {
  BlockFailure,
  type FileContent,
  HttpFailure,
  type HttpResponse,
  type StoredFile,
} from '@lapwing/workflow';
import type { ArtifactRow, ArtifactsService, NewArtifact } from '../domain/artifacts/service.ts';
import type { HttpClient } from '../egress/http-client.ts';
import { LapwingError } from '../errors.ts';
import { contentTypeOf, freeName, nameOfResponse } from './file-names.ts';

const downloadTimeoutSeconds = 300;
const ownContent = /\/v1\/artifacts\/(a_\d+)\/content(?:\?|$)/;
const runPath = /^downloads\/([^/]+)$/;

interface RunFilesOptions {
  readonly organizationId: string;
  readonly runId: string;
  readonly artifacts: ArtifactsService;
  readonly http: HttpClient;
  readonly signal: AbortSignal;
  /** Waits for downloads of the browser that have begun. */
  readonly settle: () => Promise<void>;
}

/** The files of a run: what its browser downloaded and its blocks made, by name and by address. */
export class RunFiles {
  readonly #options: RunFilesOptions;
  readonly #rows: ArtifactRow[] = [];

  constructor(options: RunFilesOptions) {
    this.#options = options;
  }

  /** Finds what an earlier life of the run kept. */
  async load(): Promise<void> {
    this.#rows.push(...(await this.#options.artifacts.ofRun(this.#options.runId, ['download'])));
  }

  async keep(
    blockId: string | null,
    file: { filename: string; source: NewArtifact['source'] },
  ): Promise<StoredFile> {
    const filename = freeName(file.filename, new Set(this.#rows.map((row) => row.filename)));
    const { organizationId, runId } = this.#options;
    const row = await this.#options.artifacts.save({
      organizationId,
      runId,
      blockId,
      type: 'download',
      filename,
      contentType: contentTypeOf(filename),
      source: file.source,
    });
    this.#rows.push(row);
    return this.#view(row);
  }

  async list(): Promise<readonly StoredFile[]> {
    await this.#options.settle();
    return this.#rows.map((row) => this.#view(row));
  }

  path(file: StoredFile): string {
    return `downloads/${file.filename}`;
  }

  /** The content of one of these files, from its beginning. Rejects with BlockFailure when it is gone. */
  async open(file: StoredFile): Promise<Readable> {
    const row = this.#rows.find((candidate) => candidate.artifactId === file.artifact_id);
    if (row === undefined) throw new BlockFailure(`The run has no file ${file.filename}`);
    return this.#options.artifacts.open(row);
  }

  /** @throws BlockFailure naming the reference. */
  async read(reference: string, maxBytes: number): Promise<FileContent> {
    const named = runPath.exec(reference)?.[1];
    const artifactId = ownContent.exec(reference)?.[1];
    if (named !== undefined) return this.#readNamed(named, maxBytes);
    if (artifactId !== undefined) return this.#readOwn(reference, artifactId, maxBytes);
    if (/^https?:\/\//i.test(reference)) return this.#fetch(reference, maxBytes);
    throw new BlockFailure(
      `No permission to access local file: ${reference}. ` +
        'Name a file of this run (downloads/<name>), the url of one, or an http(s) address',
    );
  }

  async #readNamed(filename: string, maxBytes: number): Promise<FileContent> {
    await this.#options.settle();
    const row = this.#rows.find((candidate) => candidate.filename === filename);
    if (row !== undefined) return this.#content(row, maxBytes);
    const known = this.#rows.map((candidate) => candidate.filename).join(', ') || 'none';
    throw new BlockFailure(`The run has no file downloads/${filename}. Its files: ${known}`);
  }

  async #readOwn(reference: string, artifactId: string, maxBytes: number): Promise<FileContent> {
    try {
      const row = await this.#options.artifacts.get(this.#options.organizationId, artifactId);
      return await this.#content(row, maxBytes);
    } catch (error) {
      if (!(error instanceof LapwingError)) throw error;
      throw new BlockFailure(`The file ${reference} could not be read: ${error.message}`, {
        cause: error,
      });
    }
  }

  async #content(row: ArtifactRow, maxBytes: number): Promise<FileContent> {
    if (row.fileSize > maxBytes) throw tooLarge(row.filename, maxBytes);
    const stream = await this.#options.artifacts.open(row);
    const bytes = Buffer.concat(await stream.toArray());
    return { filename: row.filename, contentType: row.contentType, bytes };
  }

  async #fetch(url: string, maxBytes: number): Promise<FileContent> {
    const response = await this.#get(url, maxBytes);
    if (response.status < 200 || response.status > 299)
      throw new BlockFailure(`${url} answered HTTP ${response.status}`);
    return {
      filename: nameOfResponse(response.url, response.headers),
      contentType: response.headers['content-type'] ?? null,
      bytes: response.body,
    };
  }

  async #get(url: string, maxBytes: number): Promise<HttpResponse> {
    try {
      return await this.#options.http.request(
        {
          method: 'GET',
          url,
          headers: {},
          body: { kind: 'none' },
          timeoutSeconds: downloadTimeoutSeconds,
          followRedirects: true,
          maxBytes,
        },
        this.#options.signal,
      );
    } catch (error) {
      if (!(error instanceof HttpFailure)) throw error;
      if (error.kind === 'too_large') throw tooLarge(url, maxBytes);
      throw new BlockFailure(error.message, { cause: error });
    }
  }

  #view(row: ArtifactRow): StoredFile {
    const info = this.#options.artifacts.fileInfo(row);
    return {
      url: info.url,
      checksum: row.checksum,
      filename: row.filename,
      file_size: row.fileSize,
      modified_at: info.modified_at ?? '',
      artifact_id: row.artifactId,
    };
  }
}

function tooLarge(name: string, maxBytes: number): BlockFailure {
  return new BlockFailure(`The file ${name} is larger than ${Math.floor(maxBytes / 2 ** 20)} MB`);
}
