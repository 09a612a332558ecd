import { AsyncLocalStorage } from 'node:async_hooks';
import { type Logger, pino, stdSerializers } from 'pino';

/** The server's log: one JSON line an entry, or one short line for a person at a terminal. */
export type Log = Logger;

type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'silent';

/** Headers that carry a secret, wherever an entry may hold them. */
const secretHeaders = ['x-api-key', 'authorization', 'cookie', 'set-cookie', 'proxy-authorization'];
const places = ['', 'headers', 'req.headers', 'request.headers', '*.headers'];
const redact = {
  censor: '***',
  paths: places.flatMap((place) => secretHeaders.map((name) => `${place}["${name}"]`)),
};

const levelNames: Readonly<Record<number, string>> = {
  20: 'debug',
  30: 'info',
  40: 'warn',
  50: 'error',
};

interface Entry {
  readonly level: number;
  readonly time: number;
  readonly msg?: string;
  readonly err?: { readonly message?: string; readonly stack?: string };
}

/** `12:03:04 info  Message key="value"`, the stack of an error below. */
function shortLine(json: string): string {
  const { level, time, msg = '', err, ...rest }: Entry = JSON.parse(json);
  const clock = new Date(time).toTimeString().slice(0, 8);
  const fields = Object.entries(rest).map(([key, value]) => ` ${key}=${JSON.stringify(value)}`);
  const below = err === undefined ? '' : `\n${err.stack ?? err.message}`;
  const name = (levelNames[level] ?? String(level)).padEnd(5);
  return `${clock} ${name} ${msg}${fields.join('')}${below}\n`;
}

const fieldsHere = new AsyncLocalStorage<Readonly<Record<string, string>>>();

/** Does work, each log entry of which carries these fields: the ids of what it is about. */
export function withLogFields<T>(fields: Readonly<Record<string, string>>, work: () => T): T {
  return fieldsHere.run({ ...fieldsHere.getStore(), ...fields }, work);
}

/**
 * A log that writes to standard output, short at a terminal. `pretty` and `write` say otherwise. Secret headers are
 * shown as `***`.
 */
export function createLog(options: {
  level: LogLevel;
  pretty?: boolean;
  write?: (line: string) => void;
}): Log {
  const write = options.write ?? ((line: string) => void process.stdout.write(line));
  const pretty = options.pretty ?? process.stdout.isTTY === true;
  return pino(
    {
      level: options.level,
      base: null,
      redact,
      serializers: { err: stdSerializers.err },
      mixin: () => ({ ...fieldsHere.getStore() }),
    },
    { write: (line: string) => write(pretty ? shortLine(line) : line) },
  );
}
