import type { LogCapability } from '@lapwing/workflow';

type Level = Parameters<LogCapability['write']>[0];
type Record = (data: {
  workflow_run_block_id: string | null;
  level: Level;
  message: string;
}) => Promise<void>;

const longestMessage = 10_000;
const linesPerRun = 5_000;

/** The log of a run: lines are kept one after another, in the order in which they were written, and bounded. */
export class RunLog {
  readonly #record: Record;
  #lines = 0;
  #writing: Promise<void> = Promise.resolve();

  constructor(record: Record) {
    this.#record = record;
  }

  write(blockId: string | null, level: Level, message: string): void {
    this.#lines += 1;
    if (this.#lines > linesPerRun + 1) return;
    const line =
      this.#lines > linesPerRun
        ? `The log is full: lines after the first ${linesPerRun} are left out`
        : message.slice(0, longestMessage).replaceAll('\0', '\uFFFD');
    const data = { workflow_run_block_id: blockId, level, message: line };
    // A line that cannot be kept must not end the run.
    this.#writing = this.#writing.then(() => this.#record(data)).catch(() => undefined);
  }

  /** Resolves when every line so far is kept. */
  async flush(): Promise<void> {
    await this.#writing;
  }
}
