import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import type { OutgoingFile } from '../target.ts';

/** A file to send. */
export function outgoingFile(content: string, fields: Partial<OutgoingFile> = {}): OutgoingFile {
  const bytes = Buffer.from(content);
  return {
    id: '0fd5b3a2-7a0c-8c1e-9b1d-5e6f708192a3',
    name: 'bill.txt',
    contentType: 'text/plain',
    bytes: bytes.length,
    sha256: createHash('sha256').update(bytes).digest('hex'),
    open: async () => Readable.from([bytes], { objectMode: false }),
    ...fields,
  };
}
