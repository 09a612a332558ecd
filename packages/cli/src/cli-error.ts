/** Something that whoever runs the command can mend. */
export class CliError extends Error {
  override readonly name = 'CliError';
  /** What the process ends with: 1 when the work failed, 2 when the command line does not fit. */
  readonly exitCode: 1 | 2;

  constructor(message: string, exitCode: 1 | 2 = 1, options?: ErrorOptions) {
    super(message, options);
    this.exitCode = exitCode;
  }
}
