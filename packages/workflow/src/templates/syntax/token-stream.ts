import { TemplateError } from '../errors.ts';
import { MAX_NESTING } from '../limits.ts';
import type { Token, TokenType } from './lexer.ts';

const END: Token = { type: 'end', value: '', line: 0 };

/** How a token is named in messages. */
function describe(token: Token): string {
  if (token.type === 'end') return 'the end of the template';
  return token.value === '' ? `the ${token.type} of a tag` : `"${token.value}"`;
}

/** A cursor over tokens with the checks that all parsing functions share. */
export class TokenStream {
  readonly #tokens: readonly Token[];
  #at = 0;
  #depth = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  get current(): Token {
    return this.#tokens[this.#at] ?? END;
  }

  get following(): Token {
    return this.#tokens[this.#at + 1] ?? END;
  }

  next(): Token {
    const token = this.current;
    this.#at += 1;
    return token;
  }

  is(type: TokenType, value?: string): boolean {
    const token = this.current;
    return token.type === type && (value === undefined || token.value === value);
  }

  /** Whether the current token is one of these operators. */
  isOperator(values: ReadonlySet<string>): boolean {
    return this.current.type === 'operator' && values.has(this.current.value);
  }

  skip(type: TokenType, value?: string): boolean {
    const found = this.is(type, value);
    if (found) this.#at += 1;
    return found;
  }

  expect(type: TokenType, value?: string): Token {
    if (!this.is(type, value)) {
      throw this.error(
        `Expected ${value === undefined ? type : `"${value}"`}, got ${describe(this.current)}`,
      );
    }
    return this.next();
  }

  unexpected(): TemplateError {
    return this.error(`Unexpected ${describe(this.current)}`);
  }

  error(message: string): TemplateError {
    const line = (this.current === END ? this.#tokens.at(-1) : this.current)?.line ?? 1;
    return new TemplateError('syntax', `${message} (line ${line}).`);
  }

  /** Runs a parsing function one level deeper. */
  nested<T>(parse: () => T): T {
    if (this.#depth >= MAX_NESTING) {
      throw new TemplateError('limit', `The template is nested more than ${MAX_NESTING} deep.`);
    }
    this.#depth += 1;
    try {
      return parse();
    } finally {
      this.#depth -= 1;
    }
  }
}
