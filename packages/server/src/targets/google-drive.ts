import type { HttpBody, HttpResponse } from '@lapwing/workflow';
import { z } from 'zod';
import type { HttpClient } from '../egress/http-client.ts';
import { expectSuccess, sendFile } from './send-file.ts';
import { type OutgoingFile, type Target, TargetFailure } from './target.ts';

const maxAnswerBytes = 1024 * 1024;
/** The property of a file that tells a repeated upload from another file of the same name. */
const uploadProperty = 'lapwing_upload';

/** A folder of somebody's drive. */
export interface DriveFolder {
  /** Null: the root. */
  readonly folderId: string | null;
  /** Where Google's APIs are. */
  readonly apiUrl: string;
  /** An OAuth token that may write files. */
  accessToken(signal: AbortSignal): Promise<string>;
}

const foundFiles = z.object({ files: z.array(z.object({ id: z.string() })) });
const writtenFile = z.object({ id: z.string(), webViewLink: z.string().optional() });

/** A folder of Google Drive: files keep their names, and their addresses are links for people. */
export function googleDriveTarget(http: HttpClient, folder: DriveFolder): Target {
  const drive = new Drive(http, folder);
  return {
    send: async (file, signal) => {
      const session = await drive.openSession(file, await drive.find(file, signal), signal);
      const to = { url: session, headers: { 'content-type': file.contentType } };
      const answer = await sendFile(http, to, file, signal);
      expectSuccess(answer, 'Google Drive');
      const written = read(writtenFile, answer);
      return written.webViewLink ?? `https://drive.google.com/file/d/${written.id}/view`;
    },
    close: () => undefined,
  };
}

class Drive {
  readonly #http: HttpClient;
  readonly #folder: DriveFolder;

  constructor(http: HttpClient, folder: DriveFolder) {
    this.#http = http;
    this.#folder = folder;
  }

  /** What an earlier try of the same upload has left. */
  async find(file: OutgoingFile, signal: AbortSignal): Promise<string | null> {
    const query = new URLSearchParams({
      q: `appProperties has { key='${uploadProperty}' and value='${file.id}' } and trashed = false`,
      fields: 'files(id)',
      supportsAllDrives: 'true',
      includeItemsFromAllDrives: 'true',
    });
    const answer = await this.#call('GET', `/drive/v3/files?${query}`, { signal });
    return read(foundFiles, answer).files[0]?.id ?? null;
  }

  /** Announces a file, new or once more, and answers the address that takes its content. */
  async openSession(
    file: OutgoingFile,
    existing: string | null,
    signal: AbortSignal,
  ): Promise<string> {
    const { folderId } = this.#folder;
    const query = new URLSearchParams({
      uploadType: 'resumable',
      supportsAllDrives: 'true',
      fields: 'id,webViewLink',
    });
    const described = {
      name: file.name ?? file.id,
      mimeType: file.contentType,
      appProperties: { [uploadProperty]: file.id },
    };
    const isNew = existing === null;
    const answer = await this.#call(
      isNew ? 'POST' : 'PATCH',
      `/upload/drive/v3/files${isNew ? '' : `/${existing}`}?${query}`,
      {
        signal,
        json: isNew && folderId !== null ? { ...described, parents: [folderId] } : described,
        headers: {
          'x-upload-content-type': file.contentType,
          'x-upload-content-length': String(file.bytes),
        },
      },
    );
    const { location } = answer.headers;
    if (location === undefined) {
      throw new TargetFailure('Google Drive named no address for the content');
    }
    return location;
  }

  async #call(
    method: string,
    path: string,
    options: {
      readonly signal: AbortSignal;
      readonly json?: object;
      readonly headers?: Readonly<Record<string, string>>;
    },
  ): Promise<HttpResponse> {
    const { signal, json } = options;
    const token = await this.#folder.accessToken(signal);
    const body: HttpBody =
      json === undefined ? { kind: 'none' } : { kind: 'text', text: JSON.stringify(json) };
    const answer = await this.#http.request(
      {
        method,
        url: this.#folder.apiUrl.replace(/\/+$/, '') + path,
        headers: {
          authorization: `Bearer ${token}`,
          ...(json === undefined ? {} : { 'content-type': 'application/json; charset=utf-8' }),
          ...options.headers,
        },
        body,
        timeoutSeconds: 60,
        followRedirects: false,
        maxBytes: maxAnswerBytes,
      },
      signal,
    );
    expectSuccess(answer, 'Google Drive');
    return answer;
  }
}

function read<T>(schema: z.ZodType<T>, answer: HttpResponse): T {
  try {
    return schema.parse(JSON.parse(new TextDecoder().decode(answer.body)));
  } catch (error) {
    throw new TargetFailure('Google Drive gave an answer that is not one of its own', {
      cause: error,
    });
  }
}
