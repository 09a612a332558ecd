import { TemplateError } from '../errors.ts';
import { MAX_SOURCE_CHARS } from '../limits.ts';
import { SPACE_PATTERN as SPACE, strip } from '../values/space.ts';
import { unescapeString } from './string-literal.ts';

export type TokenType =
  | 'text'
  | 'output begin'
  | 'output end'
  | 'block begin'
  | 'block end'
  | 'name'
  | 'integer'
  | 'float'
  | 'string'
  | 'operator'
  | 'end';

export interface Token {
  readonly type: TokenType;
  readonly value: string;
  /** Line of the source, from 1. */
  readonly line: number;
}

const SPACES = new RegExp(`${SPACE}+`, 'y');
const RAW_BEGIN = new RegExp(`\\{%[-+]?${SPACE}*raw${SPACE}*(?:-%\\}${SPACE}*|%\\})`, 'y');
const RAW_END = new RegExp(
  `\\{%([-+]?)${SPACE}*endraw${SPACE}*(?:\\+%\\}|-%\\}${SPACE}*|%\\})`,
  'g',
);
const OUTPUT_END = new RegExp(`-\\}\\}${SPACE}*|\\}\\}`, 'y');
const BLOCK_END = new RegExp(`\\+%\\}|-%\\}${SPACE}*|%\\}`, 'y');
const FLOAT = /(?<!\.)\d+(?:_\d+)*(?:(?:\.\d+(?:_\d+)*)?e[+-]?\d+(?:_\d+)*|\.\d+(?:_\d+)*)/iy;
const INTEGER = /0b(?:_?[01])+|0o(?:_?[0-7])+|0x(?:_?[\da-f])+|[1-9](?:_?\d)*|0(?:_?0)*/iy;
const NAME = /[\p{L}\p{N}\p{M}\p{Pc}]+/uy;
const IDENTIFIER = /^[\p{ID_Start}_][\p{ID_Continue}]*$/u;
const STRING = /'[^'\\]*(?:\\[\s\S][^'\\]*)*'|"[^"\\]*(?:\\[\s\S][^"\\]*)*"/y;
const OPERATOR = /\/\/|\*\*|==|!=|>=|<=|[-+/*%~[\](){}<>=.:|,]/y;
const CLOSING: ReadonlyMap<string, string> = new Map([
  ['(', ')'],
  ['[', ']'],
  ['{', '}'],
]);

/** Splits a template's source; see {@link tokenize}. */
class Lexer {
  readonly #source: string;
  readonly #tokens: Token[] = [];
  #at = 0;
  #line = 1;
  #lineCountedTo = 0;

  constructor(source: string) {
    this.#source = source;
  }

  run(): readonly Token[] {
    while (this.#at < this.#source.length) this.#text();
    this.#push('end', '');
    return this.#tokens;
  }

  /** Reads plain text and the tag after it. */
  #text(): void {
    const begin = this.#nextTag();
    const text = this.#source.slice(this.#at, begin);
    const strips = this.#source[begin + 2] === '-';
    const kept = strips ? strip(text, null, 'right') : text;
    if (kept !== '') this.#push('text', kept);
    if (begin === this.#source.length) {
      this.#at = begin;
      return;
    }
    this.#at = begin;
    const kind = this.#source[begin + 1];
    if (kind === '#') this.#comment();
    else if (kind === '{') this.#tag('output begin', 'output end', OUTPUT_END);
    else if (!this.#raw()) this.#tag('block begin', 'block end', BLOCK_END);
  }

  #nextTag(): number {
    const tag = /\{[{%#]/g;
    tag.lastIndex = this.#at;
    return tag.exec(this.#source)?.index ?? this.#source.length;
  }

  #comment(): void {
    const start = this.#at + (this.#hasSign() ? 3 : 2);
    const end = this.#source.indexOf('#}', start);
    if (end === -1) throw this.#error('Missing end of comment tag');
    const strips = end > start && this.#source[end - 1] === '-';
    this.#at = end + 2;
    if (strips) this.#match(SPACES);
  }

  #hasSign(): boolean {
    const sign = this.#source[this.#at + 2];
    return sign === '-' || sign === '+';
  }

  #raw(): boolean {
    if (this.#match(RAW_BEGIN) === null) return false;
    RAW_END.lastIndex = this.#at;
    const end = RAW_END.exec(this.#source);
    if (end === null) throw this.#error('Missing end of raw directive');
    const text = this.#source.slice(this.#at, end.index);
    const kept = end[1] === '-' ? strip(text, null, 'right') : text;
    if (kept !== '') this.#push('text', kept);
    this.#at = end.index + end[0].length;
    return true;
  }

  #tag(begin: TokenType, end: TokenType, ending: RegExp): void {
    const open: string[] = [];
    this.#push(begin, '');
    this.#at += this.#hasSign() ? 3 : 2;
    for (;;) {
      this.#match(SPACES);
      if (open.length === 0 && this.#match(ending) !== null) {
        this.#push(end, '');
        return;
      }
      if (this.#at >= this.#source.length) throw this.#error('The template ends inside a tag');
      if (!(this.#number() || this.#name() || this.#string() || this.#operator(open))) {
        throw this.#error(`Unexpected character ${JSON.stringify(this.#source[this.#at])}`);
      }
    }
  }

  #number(): boolean {
    const float = this.#match(FLOAT);
    if (float !== null) return this.#push('float', float.replaceAll('_', ''));
    const integer = this.#match(INTEGER);
    return integer !== null && this.#push('integer', integer.replaceAll('_', ''));
  }

  #name(): boolean {
    const name = this.#match(NAME);
    if (name === null) return false;
    if (!IDENTIFIER.test(name)) throw this.#error(`Invalid character in identifier "${name}"`);
    return this.#push('name', name);
  }

  #string(): boolean {
    const quoted = this.#match(STRING);
    if (quoted === null) return false;
    const text = unescapeString(quoted.slice(1, -1));
    if (text === null) throw this.#error('Invalid escape sequence in a string');
    return this.#push('string', text);
  }

  #operator(open: string[]): boolean {
    const operator = this.#match(OPERATOR);
    if (operator === null) return false;
    const closing = CLOSING.get(operator);
    if (closing !== undefined) open.push(closing);
    if (operator === ')' || operator === ']' || operator === '}') {
      const expected = open.pop();
      if (expected !== operator) {
        const wanted = expected === undefined ? '' : `, expected "${expected}"`;
        throw this.#error(`Unexpected "${operator}"${wanted}`);
      }
    }
    return this.#push('operator', operator);
  }

  #match(pattern: RegExp): string | null {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#source);
    if (found === null) return null;
    this.#at += found[0].length;
    return found[0];
  }

  #push(type: TokenType, value: string): true {
    this.#tokens.push({ type, value, line: this.#currentLine() });
    return true;
  }

  #currentLine(): number {
    let next = this.#source.indexOf('\n', this.#lineCountedTo);
    while (next !== -1 && next < this.#at) {
      this.#line += 1;
      this.#lineCountedTo = next + 1;
      next = this.#source.indexOf('\n', this.#lineCountedTo);
    }
    return this.#line;
  }

  #error(message: string): TemplateError {
    return new TemplateError('syntax', `${message} (line ${this.#currentLine()}).`);
  }
}

/**
 * Splits a source into tokens by Jinja2's rules with its default settings: line ends become `\n`, one trailing line end
 * is dropped, blocks are not trimmed. Comments are dropped, raw blocks become text.
 */
export function tokenize(source: string): readonly Token[] {
  if (source.length > MAX_SOURCE_CHARS) {
    throw new TemplateError(
      'limit',
      `The template has ${source.length} characters; at most ${MAX_SOURCE_CHARS} are allowed.`,
    );
  }
  return new Lexer(source.replace(/\r\n?/g, '\n').replace(/\n$/, '')).run();
}
