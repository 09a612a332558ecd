import { BlockFailure } from '../errors.ts';
import { isJsonObject, type JsonValue } from '../json.ts';

/**
 * Secrets that the run has learned. Outputs, logs and models see a token in place of each; the real value is known to
 * this table only and is never written down, so it does not outlive the process.
 */
export interface RunSecrets {
  /** Keeps a value and returns its token, `placeholder_<4 characters>_<name>`. The same value keeps its first token. */
  register(name: string, value: string): string;
  /** Says that a token was made in an earlier life of the run: its value is gone. */
  lose(token: string): void;
  /**
   * Puts real values in place of tokens.
   * @throws BlockFailure when a token's value was lost.
   */
  reveal(text: string): string;
  /** Puts `*****` in place of every known value, in all strings and keys. */
  mask(value: JsonValue): JsonValue;
  maskText(text: string): string;
}

const maskedText = '*****';
const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

/** A table without secrets. */
export function createSecrets(): RunSecrets {
  const valueByToken = new Map<string, string>();
  const tokenByValue = new Map<string, string>();
  const lost = new Set<string>();

  function freshToken(name: string): string {
    const token = `placeholder_${randomText(4)}_${name}`;
    return valueByToken.has(token) || lost.has(token) ? freshToken(name) : token;
  }

  function maskText(text: string): string {
    return replaceAll(text, tokenByValue.keys(), () => maskedText);
  }

  return {
    register(name, value) {
      const token = tokenByValue.get(value) ?? freshToken(name);
      tokenByValue.set(value, token);
      valueByToken.set(token, value);
      return token;
    },
    lose(token) {
      lost.add(token);
    },
    reveal(text) {
      const gone = [...lost].find((token) => text.includes(token));
      if (gone !== undefined) {
        throw new BlockFailure(
          `The secret behind ${gone} is gone: the run was taken up again after an interruption, and secrets of answers are never written down. Start the run anew.`,
        );
      }
      return replaceAll(text, valueByToken.keys(), (token) => valueByToken.get(token) ?? token);
    },
    mask(value) {
      return tokenByValue.size === 0 ? value : mapText(value, maskText);
    },
    maskText,
  };
}

/** Longest first: a value that contains another is replaced whole. */
function replaceAll(
  text: string,
  wanted: Iterable<string>,
  replacement: (found: string) => string,
): string {
  const longestFirst = [...wanted].sort((a, b) => b.length - a.length);
  return longestFirst.reduce(
    (rest, found) => rest.replaceAll(found, () => replacement(found)),
    text,
  );
}

function randomText(length: number): string {
  const pick = () => alphabet[Math.floor(Math.random() * alphabet.length)] ?? 'A';
  return Array.from({ length }, pick).join('');
}

/** The same JSON with every string in it, keys included, put through `change`. */
export function mapText(value: JsonValue, change: (text: string) => string): JsonValue {
  if (typeof value === 'string') {
    return change(value);
  }
  if (Array.isArray(value)) {
    return value.map((item) => mapText(item, change));
  }
  if (isJsonObject(value)) {
    return Object.fromEntries(
      Object.entries(value).map(([key, item]) => [change(key), mapText(item, change)]),
    );
  }
  return value;
}
