import { expect, it } from 'vitest';
import { createLog, withLogFields } from './log.ts';

function logged(level: 'debug' | 'info' | 'error' | 'silent', pretty: boolean) {
  const lines: string[] = [];
  return { log: createLog({ level, pretty, write: (line) => lines.push(line) }), lines };
}

it('writes one line of JSON an entry', () => {
  const { log, lines } = logged('info', false);
  log.info({ run_id: 'wr_1' }, 'Started');
  log.debug('Not at this level');
  expect(lines).toHaveLength(1);
  expect(JSON.parse(lines[0] ?? '')).toMatchObject({ level: 30, msg: 'Started', run_id: 'wr_1' });
});

it('writes a short line for a person', () => {
  const { log, lines } = logged('debug', true);
  log.child({ run_id: 'wr_1' }).warn({ left: 2 }, 'Slow');
  expect(lines[0]).toMatch(/^\d\d:\d\d:\d\d warn {2}Slow run_id="wr_1" left=2\n$/);
});

it.each([true, false])('shows where an error came from (pretty: %s)', (pretty) => {
  const { log, lines } = logged('error', pretty);
  log.error({ err: new Error('broken') }, 'Failed');
  expect(lines[0]).toContain('broken');
  expect(lines[0]).toContain('log.test.ts');
});

it('never shows secret headers', () => {
  const { log, lines } = logged('info', false);
  const headers = {
    'x-api-key': 's3cret',
    authorization: 'Bearer s3cret',
    cookie: 's3cret',
    accept: '*/*',
  };
  log.info(headers);
  log.info({ headers });
  log.info({ req: { headers } });
  log.info({ post: { headers } });
  expect(lines).toHaveLength(4);
  for (const line of lines) {
    expect(line).not.toContain('s3cret');
    expect(line).toContain('*/*');
  }
});

it('writes nothing when silent', () => {
  const { log, lines } = logged('silent', false);
  log.error('Nothing');
  expect(lines).toEqual([]);
});

it('puts the fields of the work at hand into each of its entries, and into no other', async () => {
  const { log, lines } = logged('info', false);
  const work = (runId: string) =>
    withLogFields({ kind: 'run', run_id: runId }, async () => {
      await new Promise((resolve) => setTimeout(resolve, 5));
      withLogFields({ block: 'inner' }, () => log.child({ part: 1 }).info({ kind: 'own' }, runId));
      log.info(runId);
    });
  await Promise.all([work('wr_1'), work('wr_2')]);
  log.info('outside');
  const entries = lines.map((line) => JSON.parse(line));
  for (const runId of ['wr_1', 'wr_2'])
    expect(entries.filter(({ msg }) => msg === runId)).toMatchObject([
      { run_id: runId, block: 'inner', kind: 'own', part: 1 },
      { run_id: runId, kind: 'run' },
    ]);
  const outside = entries.find(({ msg }) => msg === 'outside');
  expect(Object.keys(outside)).toEqual(['level', 'time', 'msg']);
});
