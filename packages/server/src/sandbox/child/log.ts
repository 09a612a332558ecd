import type { FromChild } from '../messages.ts';
import { logCost } from './limits.ts';

type Level = Extract<FromChild, { type: 'log' }>['level'];
export type Log = (level: Level, message: string) => void;

const maxLineLength = 4000;

/** A log that posts lines until `maxLogCost` is used up (see limits.ts), then says once that it stops. */
export function createLog(post: (message: FromChild) => void, maxCost: number): Log {
  let left = maxCost;
  return (level, message) => {
    if (left <= 0) return;
    const line = message.length > maxLineLength ? `${message.slice(0, maxLineLength)}…` : message;
    left -= logCost(line);
    post({ type: 'log', level, message: line });
    if (left <= 0) post({ type: 'log', level: 'warn', message: 'Further log lines are dropped.' });
  };
}

/** A console whose lines go to the log, as the one of Deno would write into the channel to the parent. */
export function createConsole(log: Log, inspect: (value: unknown) => string) {
  const write =
    (level: Level) =>
    (...values: unknown[]) =>
      log(
        level,
        values.map((value) => (typeof value === 'string' ? value : inspect(value))).join(' '),
      );
  const nothing = () => undefined;
  return {
    log: write('info'),
    info: write('info'),
    dir: write('info'),
    table: write('info'),
    debug: write('debug'),
    trace: write('debug'),
    warn: write('warn'),
    error: write('error'),
    assert: (condition: unknown, ...values: unknown[]) => {
      if (!condition) write('error')('Assertion failed:', ...values);
    },
    group: write('info'),
    groupCollapsed: write('info'),
    groupEnd: nothing,
    time: nothing,
    timeLog: nothing,
    timeEnd: nothing,
    count: nothing,
    countReset: nothing,
    clear: nothing,
  };
}
