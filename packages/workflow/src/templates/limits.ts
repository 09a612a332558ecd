import { TemplateError } from './errors.ts';

/** What one rendering may cost. */
export interface TemplateLimits {
  /** Evaluated nodes; work on long values counts as more. */
  readonly maxSteps: number;
  /** Characters of the output, characters of any text on the way, and items of any list. */
  readonly maxChars: number;
}

export const DEFAULT_LIMITS: TemplateLimits = { maxSteps: 200_000, maxChars: 1_000_000 };

/** Longest source that is parsed, in characters. */
export const MAX_SOURCE_CHARS = 200_000;

/** Deepest nesting of statements and brackets that is parsed. */
export const MAX_NESTING = 150;

/** Deepest nesting of macro calls and recursive loops. */
const MAX_CALLS = 100;

/** Bits of the largest whole number that is computed. */
const MAX_INTEGER_BITS = 65_536;

/** What a character, an item and a comparison cost, in steps: about their time relative to evaluating one node. */
const STEPS_PER_CHAR = 1 / 128;
const STEPS_PER_ITEM = 1 / 8;
const STEPS_PER_SEARCH_PRODUCT = 1e-5;

/** Counts the cost of one rendering and ends it when the limits are passed. */
export class Budget {
  readonly #limits: TemplateLimits;
  #steps = 0;
  #output = 0;
  #calls = 0;

  constructor(limits: TemplateLimits) {
    this.#limits = limits;
  }

  spend(steps: number): void {
    this.#steps += steps;
    if (this.#steps > this.#limits.maxSteps) {
      throw new TemplateError(
        'limit',
        `The template took more than ${this.#limits.maxSteps} steps. Use smaller loops or lists.`,
      );
    }
  }

  /** Accounts for text that is about to be built or read, so many times; call it before building. */
  chars(length: number, passes = 1): void {
    this.#fits(length, 'characters');
    this.spend(length * passes * STEPS_PER_CHAR);
  }

  /** Accounts for a list that is about to be built or walked. */
  items(length: number): void {
    this.#fits(length, 'items');
    this.spend(length * STEPS_PER_ITEM);
  }

  /** Accounts for looking for a text in another; the engine's search is quadratic in the worst case. */
  search(text: number, pattern: number): void {
    this.chars(text);
    this.spend(text * pattern * STEPS_PER_SEARCH_PRODUCT);
  }

  /** Accounts for text added to an output; all outputs of a rendering share the limit. */
  output(length: number): void {
    this.#output += length;
    this.#fits(this.#output, 'characters');
  }

  bits(count: number): void {
    if (!(count <= MAX_INTEGER_BITS)) {
      throw new TemplateError('limit', 'The template computes a number that is too large.');
    }
    this.spend(count / 64);
  }

  /** Runs one macro or one level of a recursive loop. */
  call<T>(body: () => T): T {
    if (this.#calls >= MAX_CALLS) {
      throw new TemplateError('limit', `Macros or loops call each other over ${MAX_CALLS} deep.`);
    }
    this.#calls += 1;
    try {
      return body();
    } finally {
      this.#calls -= 1;
    }
  }

  #fits(length: number, unit: string): void {
    if (!(length <= this.#limits.maxChars)) {
      throw new TemplateError(
        'limit',
        `The template builds a value of more than ${this.#limits.maxChars} ${unit}.`,
      );
    }
  }
}
