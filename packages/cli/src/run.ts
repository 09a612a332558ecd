import { parseArgs } from 'node:util';
import { CliError } from './cli-error.ts';
import type { Command, Invocation } from './command.ts';
import { importCommand } from './commands/import.ts';
import { keyCommands } from './commands/keys.ts';
import { organizationCommands } from './commands/organizations.ts';
import { startCommands } from './commands/start.ts';
import { webhookCommands } from './commands/webhooks.ts';

/** Every command there is. */
const commands: readonly Command[] = [
  ...startCommands,
  importCommand,
  ...organizationCommands,
  ...keyCommands,
  ...webhookCommands,
];

const options = {
  url: { type: 'string' },
  'api-key': { type: 'string' },
  organization: { type: 'string' },
  failed: { type: 'boolean' },
  since: { type: 'string' },
  json: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} as const;

function help(): string {
  const calls = commands.map(({ words, usage }) => `lapwing ${words} ${usage}`.trimEnd());
  const width = Math.max(...calls.map((call) => call.length));
  const rows = commands.map(({ summary }, index) => `  ${calls[index]?.padEnd(width)}  ${summary}`);
  return [
    'Usage: lapwing <command> [options]',
    '',
    ...rows,
    '',
    '  --url <address>      The server; else LAPWING_URL. `org` and `key` work on the database without one',
    '  --api-key <key>      Its key; else LAPWING_API_KEY',
    '  --organization <id>  Whose keys; else those of the key, or of the only organization',
    '  --since <time>       So long ago: 30m, 2h, 7d; or a time: 2026-05-01T08:00 (UTC)',
    '  --json               Print the answer as JSON',
  ].join('\n');
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true, strict: true });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new CliError(`${reason}\n\n${help()}`, 2, { cause: error });
  }
}

/** Carries out one command line. @throws CliError */
export async function run(
  args: readonly string[],
  context: Pick<Invocation, 'environment' | 'print'>,
): Promise<void> {
  const { values, positionals } = parse(args);
  if (values.help === true || positionals.length === 0 || positionals[0] === 'help') {
    context.print(help());
    return;
  }
  const command = commands.find(({ words }) =>
    words.split(' ').every((word, index) => positionals[index] === word),
  );
  if (command === undefined) {
    throw new CliError(`There is no command ${positionals.join(' ')}\n\n${help()}`, 2);
  }
  const rest = positionals.slice(command.words.split(' ').length);
  const [fewest, most] = command.arity;
  if (rest.length < fewest || rest.length > most) {
    throw new CliError(`Usage: lapwing ${command.words} ${command.usage}`.trimEnd(), 2);
  }
  await command.run({ ...context, positionals: rest, options: values });
}
