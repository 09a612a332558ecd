#!/usr/bin/env node
import { CliError } from './cli-error.ts';
import { environment } from './config.ts';
import { run } from './run.ts';

try {
  await run(process.argv.slice(2), {
    environment: environment(),
    print: (text) => console.log(text),
  });
} catch (error) {
  if (!(error instanceof CliError)) throw error;
  console.error(error.message);
  process.exitCode = error.exitCode;
}
