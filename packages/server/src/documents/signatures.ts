function startsWith(bytes: Uint8Array, signature: readonly number[]): boolean {
  return signature.every((byte, index) => bytes[index] === byte);
}

/** A ZIP archive: also DOCX, XLSX and many more. */
export function isZip(bytes: Uint8Array): boolean {
  const isEmptyArchive = startsWith(bytes, [0x50, 0x4b, 0x05, 0x06]);
  return startsWith(bytes, [0x50, 0x4b, 0x03, 0x04]) || isEmptyArchive;
}

/** Microsoft's older container: XLS, DOC, and office files with a password. */
export function isCompoundFile(bytes: Uint8Array): boolean {
  return startsWith(bytes, [0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1]);
}

/** A PDF; some have a few bytes before their signature. */
export function isPdf(bytes: Uint8Array): boolean {
  return Buffer.from(bytes.subarray(0, 1024)).includes('%PDF-');
}
