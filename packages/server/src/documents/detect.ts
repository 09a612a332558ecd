import { extname } from 'node:path';
import type { DocumentType, FileContent } from '@lapwing/workflow';
import { looksLikeCsv } from './csv.ts';
import { isCompoundFile, isPdf, isZip } from './signatures.ts';
import { decodeText } from './text.ts';

const bySuffix: Readonly<Record<string, DocumentType>> = {
  '.csv': 'csv',
  '.tsv': 'csv',
  '.xlsx': 'excel',
  '.xlsm': 'excel',
  '.xlsb': 'excel',
  '.xls': 'excel',
  '.ods': 'excel',
  '.pdf': 'pdf',
  '.docx': 'docx',
  '.json': 'json',
  '.zip': 'zip',
  '.txt': 'text',
  '.md': 'text',
  '.log': 'text',
  '.xml': 'text',
  '.html': 'text',
};

const byContentType: Readonly<Record<string, DocumentType>> = {
  'text/csv': 'csv',
  'text/tab-separated-values': 'csv',
  'application/json': 'json',
};

/** The table of contents of a ZIP: only there are the names its own, not those of an archive inside. */
function centralDirectory(bytes: Buffer): Buffer {
  const end = bytes.lastIndexOf(Buffer.from([0x50, 0x4b, 0x05, 0x06]));
  if (end === -1 || end + 20 > bytes.length) return Buffer.alloc(0);
  const size = bytes.readUInt32LE(end + 12);
  const start = bytes.readUInt32LE(end + 16);
  return bytes.subarray(start, Math.min(start + size, end));
}

function zipKind(bytes: Buffer, suffix: string): DocumentType {
  const names = centralDirectory(bytes);
  if (names.includes('word/document.xml')) return 'docx';
  if (names.includes('xl/workbook.')) return 'excel';
  return suffix === '.ods' ? 'excel' : 'zip';
}

/** Streams in Microsoft's container have names in UTF-16. */
function compoundKind(bytes: Buffer): DocumentType | null {
  const has = (name: string) => bytes.includes(Buffer.from(name, 'utf16le'));
  return has('Workbook') || has('EncryptedPackage') ? 'excel' : null;
}

function textKind(text: string): DocumentType {
  if (/^\s*[[{]/.test(text) && isJson(text)) return 'json';
  return looksLikeCsv(text) ? 'csv' : 'text';
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/**
 * The type of a file: by its content where that is unmistakable, then by its name, then by its content type, then by
 * what its text looks like. Null for binary content of any other kind.
 */
export function detectDocument(file: FileContent): DocumentType | null {
  const bytes = Buffer.from(file.bytes.buffer, file.bytes.byteOffset, file.bytes.byteLength);
  const suffix = extname(file.filename).toLowerCase();
  if (isZip(bytes)) return zipKind(bytes, suffix);
  if (isPdf(bytes)) return 'pdf';
  if (isCompoundFile(bytes)) return compoundKind(bytes);
  const named = bySuffix[suffix] ?? byContentType[file.contentType?.split(';')[0]?.trim() ?? ''];
  if (named !== undefined) return named;
  const text = decodeText(bytes);
  return text === null ? null : textKind(text);
}
