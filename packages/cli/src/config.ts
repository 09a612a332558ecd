/** The process's environment, read nowhere else. */
export function environment(): Readonly<Record<string, string | undefined>> {
  return process.env;
}
