import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import {
  BlockFailure,
  type FileContent,
  HttpFailure,
  type HttpResponse,
  type StoredFile,
} from '@lapwing/workflow';
import { abortable } from '../browser/waiting.ts';
import type { ArtifactRow, ArtifactsService, NewArtifact } from '../domain/artifacts/service.ts';
import type { HttpClient } from '../egress/http-client.ts';
import { LapwingError } from '../errors.ts';
import { freeName } from '../lib/file-names.ts';
import { contentTypeOf, nameOfResponse } from './file-types.ts';

const downloadTimeoutSeconds = 300;
const ownContent = /\/v1\/artifacts\/(a_\d+)\/content(?:\?|$)/;
/** What an upload answers as its managed address: `lapwing://o_1/uploads/a_1`. */
const managedUri = /^lapwing:\/\/[\w-]+\/[\w-]+\/(a_\d+)$/;
const runPath = /^downloads\/([^/]+)$/;
const inputPath = /^inputs\/([^/]+)$/;

interface RunFilesOptions {
  readonly organizationId: string;
  readonly runId: string;
  /** Absolute folder for what is fetched; made when it is first needed. */
  readonly directory: string;
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
  /** Files of blocks that are run again. */
  readonly #repeated = new Set<ArtifactRow>();
  /** What was fetched for code: its reference → its name, and how it was answered. */
  readonly #inputs = new Map<string, Pick<FileContent, 'filename' | 'contentType'>>();
  /** The next file that is kept; then replaced. */
  #next = Promise.withResolvers<StoredFile>();

  constructor(options: RunFilesOptions) {
    this.#options = options;
  }

  /**
   * Finds what an earlier life of the run kept.
   * @param repeated Rows of blocks that are run again: what they keep under a name once more takes the old file's place.
   */
  async load(repeated: ReadonlySet<string>): Promise<void> {
    const rows = await this.#options.artifacts.ofRun(this.#options.runId, ['download']);
    this.#rows.push(...rows);
    for (const row of rows) if (repeated.has(row.blockId ?? '')) this.#repeated.add(row);
  }

  async keep(
    blockId: string | null,
    file: { filename: string; source: NewArtifact['source'] },
  ): Promise<StoredFile> {
    await this.#replace(blockId, file.filename);
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
    const kept = this.#view(row);
    this.#next.resolve(kept);
    this.#next = Promise.withResolvers();
    return kept;
  }

  async #replace(blockId: string | null, filename: string): Promise<void> {
    const old = [...this.#repeated].find(
      (row) => row.blockId === blockId && row.filename === filename,
    );
    if (old === undefined) return;
    this.#repeated.delete(old);
    this.#rows.splice(this.#rows.indexOf(old), 1);
    await this.#options.artifacts.remove(old.organizationId, old.artifactId);
  }

  /** The next file that is kept. Rejects with the signal's reason. */
  next(signal: AbortSignal): Promise<StoredFile> {
    return abortable(this.#next.promise, signal);
  }

  async list(): Promise<readonly StoredFile[]> {
    await this.#options.settle();
    return this.#rows.map((row) => this.#view(row));
  }

  path(file: Pick<StoredFile, 'filename'>): string {
    return `downloads/${file.filename}`;
  }

  /** The content of one of these files, from its beginning. Rejects with BlockFailure when it is gone. */
  async open(file: StoredFile): Promise<Readable> {
    const row = this.#rows.find((candidate) => candidate.artifactId === file.artifact_id);
    if (row === undefined) throw new BlockFailure(`The run has no file ${file.filename}`);
    return this.#options.artifacts.open(row);
  }

  /**
   * The path under which code finds what a reference names: `downloads/<name>` for a file of the run, else `inputs/<name>`
   * for a copy, made once. @throws BlockFailure naming the reference.
   */
  async fetch(reference: string, maxBytes: number): Promise<string> {
    const own = this.#rows.find((row) => row.artifactId === ownContent.exec(reference)?.[1]);
    if (own !== undefined) return this.path(own);
    if (this.#isPath(reference)) {
      await this.readPath(reference, maxBytes);
      return reference;
    }
    const known = this.#inputs.get(reference);
    if (known !== undefined) return `inputs/${known.filename}`;
    const { bytes, ...content } = await this.read(reference, maxBytes);
    const taken = new Set([...this.#inputs.values()].map((input) => input.filename));
    const filename = freeName(content.filename, taken);
    await mkdir(this.#options.directory, { recursive: true });
    await writeFile(join(this.#options.directory, filename), bytes);
    this.#inputs.set(reference, { ...content, filename });
    return `inputs/${filename}`;
  }

  /** What {@link path} and {@link fetch} name. @throws BlockFailure naming the path, also for any other reference. */
  async readPath(path: string, maxBytes: number): Promise<FileContent> {
    const named = runPath.exec(path)?.[1];
    if (named !== undefined) return this.#readNamed(named, maxBytes);
    const input = inputPath.exec(path)?.[1];
    const content = [...this.#inputs.values()].find(({ filename }) => filename === input);
    if (content === undefined) throw noPermission(path);
    return { ...content, bytes: await readFile(join(this.#options.directory, content.filename)) };
  }

  #isPath(reference: string): boolean {
    return runPath.test(reference) || inputPath.test(reference);
  }

  /** @throws BlockFailure naming the reference. */
  async read(reference: string, maxBytes: number): Promise<FileContent> {
    const artifactId = (ownContent.exec(reference) ?? managedUri.exec(reference))?.[1];
    if (this.#isPath(reference)) return this.readPath(reference, maxBytes);
    if (artifactId !== undefined) return this.#readOwn(reference, artifactId, maxBytes);
    if (/^https?:\/\//i.test(reference)) return this.#fetch(reference, maxBytes);
    throw noPermission(reference);
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

function noPermission(reference: string): BlockFailure {
  return new BlockFailure(
    `No permission to access local file: ${reference}. ` +
      'Name a file of this run (downloads/<name>), the url of one, or an http(s) address',
  );
}

function tooLarge(name: string, maxBytes: number): BlockFailure {
  return new BlockFailure(`The file ${name} is larger than ${Math.floor(maxBytes / 2 ** 20)} MB`);
}
