import { createHash } from 'node:crypto';

/** The fingerprint of a host's public key, as `ssh-keygen -l` shows it. */
export function fingerprint(key: Buffer): string {
  return `SHA256:${createHash('sha256').update(key).digest('base64').replace(/=+$/, '')}`;
}

/**
 * Whether a host's public key is the one that a user wrote down: a line of `known_hosts` or of an `.pub` file, the key
 * alone in base64, or its fingerprint.
 */
export function isExpectedKey(key: Buffer, expected: string): boolean {
  const encoded = key.toString('base64');
  return expected
    .split(/\s+/)
    .some((word) => word === encoded || word.replace(/=+$/, '') === fingerprint(key));
}
