import type { Readable } from 'node:stream';

/** A file on its way out. */
export interface OutgoingFile {
  /** A UUID, the same whenever the upload is repeated: it makes the name at the target unique. */
  readonly id: string;
  readonly name: string | null;
  readonly contentType: string;
  /** Length. */
  readonly bytes: number;
  /** Hex. */
  readonly sha256: string;
  /** The content from its beginning; may be called again. */
  open(): Promise<Readable>;
}

/** A storage outside, ready to take files. */
export interface Target {
  /**
   * Sends one file and says where it is. Rejects with TargetFailure, HttpFailure or LapwingError, or with the signal's
   * reason.
   */
  send(file: OutgoingFile, signal: AbortSignal): Promise<string>;
  close(): void;
}

/** A storage that would not take a file; `message` is for users and names no secret. */
export class TargetFailure extends Error {
  override readonly name = 'TargetFailure';
}

/** The name of a file at a target. */
export function objectName(file: OutgoingFile): string {
  return file.name === null ? file.id : `${file.id}_${file.name}`;
}

/** The names in a path with `/`, without what would lead elsewhere. */
export function folderNames(folder: string): string[] {
  return folder.split('/').filter((name) => !['', '.', '..'].includes(name));
}

/** A path for an address, every name in it percent-encoded (RFC 3986). */
export function encodedPath(names: readonly string[]): string {
  const encode = (name: string) =>
    encodeURIComponent(name).replace(
      /[!'()*]/g,
      (letter) => `%${letter.charCodeAt(0).toString(16).toUpperCase()}`,
    );
  return names.map(encode).join('/');
}
