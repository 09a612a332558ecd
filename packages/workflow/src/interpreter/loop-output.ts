import type { JsonValue } from '../json.ts';

const maxCharacters = 100 * 1024 * 1024;

/**
 * The output of a loop while it grows: one list of records for each iteration. When it passes 100 MB, all iterations but
 * the last are replaced by one record that says so (blocks.md §4.5).
 */
export class LoopOutput {
  #iterations: JsonValue[][] = [];
  #begun = 0;
  #characters = 0;
  readonly #maxCharacters: number;

  constructor(limit = maxCharacters) {
    this.#maxCharacters = limit;
  }

  /** Opens the list of the next iteration. */
  begin(): void {
    this.#iterations.push([]);
    this.#begun += 1;
  }

  /** Adds the record of a child to the open iteration. */
  add(record: JsonValue): void {
    this.#characters += JSON.stringify(record).length;
    this.#iterations.at(-1)?.push(record);
    if (this.#characters > this.#maxCharacters && this.#iterations.length > 1) {
      this.#summarize();
    }
  }

  value(): JsonValue {
    return [...this.#iterations];
  }

  #summarize(): void {
    const last = this.#iterations.at(-1) ?? [];
    const through = this.#begun - 1;
    const output_value = {
      truncated: true,
      reason: 'loop_output_size_exceeded',
      iterations_summarized_through: through,
    };
    this.#iterations = [[{ output_value }], last];
    this.#characters = JSON.stringify(last).length;
  }
}
