/** What a command is given. */
export interface Invocation {
  /** Arguments behind the command's words. */
  readonly positionals: readonly string[];
  readonly options: Readonly<Record<string, string | boolean | undefined>>;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Writes a line for people, or the answer for programs. */
  readonly print: (text: string) => void;
}

/** One command: a row of the table that `lapwing help` shows. */
export interface Command {
  /** As it is typed: `org create`. */
  readonly words: string;
  /** Arguments behind it, as the help shows them. */
  readonly usage: string;
  readonly summary: string;
  /** Fewest and most arguments. */
  readonly arity: readonly [number, number];
  /** @throws CliError */
  run(invocation: Invocation): Promise<void>;
}
