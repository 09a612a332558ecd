import { DocumentError } from './document-error.ts';

/** What no text holds: control characters but tab, line breaks and form feed. */
const control = /[^\P{Cc}\t\n\r\f\u0080-\u009f]/u;

function encodingOf(bytes: Uint8Array): string {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return 'utf-16le';
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return 'utf-16be';
  return 'utf-8';
}

function decodeAs(encoding: string, bytes: Uint8Array): string | null {
  try {
    return new TextDecoder(encoding, { fatal: true }).decode(bytes);
  } catch {
    return null;
  }
}

/**
 * The text of a file without its byte order mark: UTF-8, UTF-16 where a mark says so, else Windows-1252 (what older
 * spreadsheets export). Null for binary content.
 */
export function decodeText(bytes: Uint8Array): string | null {
  const encoding = encodingOf(bytes);
  const text = decodeAs(encoding, bytes) ?? decodeAs('windows-1252', bytes) ?? '';
  return control.test(text) ? null : text;
}

/** {@link decodeText} that throws DocumentError for binary content. */
export function readText(bytes: Uint8Array): string {
  const text = decodeText(bytes);
  if (text === null) throw new DocumentError('the file is binary, not text');
  return text;
}
