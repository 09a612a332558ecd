import { type Logger, pino } from 'pino';

export type Log = Logger;

/** Header names whose values never reach a log. */
const secretHeaders = ['authorization', 'cookie', 'set-cookie', 'x-api-key'];

/** A log of JSON lines on standard output; secrets in headers are left out. */
export function createLog(options: { level: string }): Log {
  const paths = secretHeaders.flatMap((name) => [`headers["${name}"]`, `*.headers["${name}"]`]);
  return pino({ level: options.level, redact: { paths, censor: '***' }, base: null });
}
