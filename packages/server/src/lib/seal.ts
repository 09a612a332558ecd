import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';
import { link, mkdir, open, readFile, rm } from 'node:fs/promises';
import { dirname } from 'node:path';

const keyBytes = 32;
const nonceBytes = 12;
const tagBytes = 16;
const prefix = 'v1.';

/** Seals texts with AES-256-GCM: what is kept in the database cannot be read, or changed unseen, without the key. */
export class Seal {
  readonly #key: Uint8Array;

  /** @param key 32 bytes. */
  constructor(key: Uint8Array) {
    if (key.length !== keyBytes)
      throw new Error(`A seal needs a key of ${keyBytes} bytes, not ${key.length}`);
    this.#key = key;
  }

  seal(text: string): string {
    const nonce = randomBytes(nonceBytes);
    const cipher = createCipheriv('aes-256-gcm', this.#key, nonce);
    const sealed = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
    return prefix + Buffer.concat([nonce, cipher.getAuthTag(), sealed]).toString('base64url');
  }

  /** @throws when the text was sealed with another key, or was changed. */
  open(sealed: string): string {
    const bytes = Buffer.from(sealed.slice(prefix.length), 'base64url');
    if (!sealed.startsWith(prefix) || bytes.length < nonceBytes + tagBytes)
      throw new Error('This is not a sealed text');
    const decipher = createDecipheriv('aes-256-gcm', this.#key, bytes.subarray(0, nonceBytes));
    decipher.setAuthTag(bytes.subarray(nonceBytes, nonceBytes + tagBytes));
    try {
      return (
        decipher.update(bytes.subarray(nonceBytes + tagBytes), undefined, 'utf8') +
        decipher.final('utf8')
      );
    } catch (error) {
      throw new Error(
        'A sealed text cannot be opened: the secret key is not the one it was sealed with',
        { cause: error },
      );
    }
  }

  /** A key of its own for another purpose. */
  derive(purpose: string): Uint8Array {
    return new Uint8Array(hkdfSync('sha256', this.#key, '', `lapwing/${purpose}`, keyBytes));
  }
}

/**
 * The key in a file that only its owner may read; made at the first call. Of several processes that start at once, one
 * makes it and all read the same.
 */
export async function loadOrCreateKey(path: string): Promise<Uint8Array> {
  const existing = await readKey(path);
  if (existing !== null) return existing;
  await mkdir(dirname(path), { recursive: true });
  const draft = `${path}.${process.pid}.${randomBytes(4).toString('hex')}`;
  const file = await open(draft, 'wx', 0o600);
  try {
    await file.writeFile(randomBytes(keyBytes).toString('hex'));
    await file.sync();
  } finally {
    await file.close();
  }
  await link(draft, path).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error;
  });
  await rm(draft);
  return (await readKey(path)) ?? new Uint8Array();
}

async function readKey(path: string): Promise<Uint8Array | null> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw error;
  }
  if (!/^[0-9a-f]{64}$/.test(text.trim())) {
    throw new Error(
      `${path} holds no secret key (64 hexadecimal digits): restore it, or sealed secrets are lost`,
    );
  }
  return Buffer.from(text.trim(), 'hex');
}
