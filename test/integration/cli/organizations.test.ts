import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createDatabasePlace, type DatabasePlace, onPostgres } from '../../support/database.ts';
import { type Lapwing, startLapwing } from '../../support/lapwing.ts';
import { lapwingCommand } from './support.ts';

describe('on the database', () => {
  let place: DatabasePlace;
  let environment: Record<string, string>;

  beforeAll(async () => {
    place = await createDatabasePlace();
    environment = {
      LAPWING_DATA_DIR: place.directory,
      LAPWING_LOG_LEVEL: 'warn',
      ...(place.url !== null && { DATABASE_URL: place.url }),
    };
  });
  afterAll(() => place.remove());

  const run = (...args: string[]) => lapwingCommand(args, environment);
  const json = async (...args: string[]) => JSON.parse((await run(...args, '--json')).stdout);

  it('organizations and keys are made, listed and revoked without a server', async () => {
    const early = await run('key', 'create');
    expect([early.code, early.stderr]).toEqual([1, expect.stringContaining('org create')]);
    const acme = await json('org', 'create', 'Acme');
    expect(acme.api_key.token).toMatch(/^lw_/);
    const made = await json('key', 'create');
    expect(await json('key', 'list')).toMatchObject([
      { id: made.id, valid: true, token: `…${made.token.slice(-4)}` },
      { id: acme.api_key.id },
    ]);
    expect((await run('key', 'revoke', made.id)).stdout).toBe(`Revoked ${made.id}\n`);
    const last = await run('key', 'revoke', acme.api_key.id);
    expect([last.code, last.stderr]).toEqual([1, expect.stringContaining('last valid key')]);
    await run('org', 'create', 'Other');
    const { stdout } = await run('org', 'list');
    expect(stdout.trimEnd().split('\n')).toEqual([
      expect.stringMatching(/^id +name +slug +created$/),
      expect.stringContaining('Acme'),
      expect.stringContaining('Other'),
    ]);
    const which = await run('key', 'list');
    expect([which.code, which.stderr]).toEqual([2, expect.stringContaining('--organization')]);
    const { organization_id: organizationId } = acme.organization;
    expect(await json('key', 'list', '--organization', organizationId)).toHaveLength(2);
    expect((await run('key', 'list', '--organization', 'o_1')).stderr).toContain('o_1 not found');
  });
});

describe('over HTTP', () => {
  let lapwing: Lapwing;
  beforeAll(async () => {
    lapwing = await startLapwing();
  });
  afterAll(() => lapwing.close());

  const run = (args: string[], key = lapwing.apiKey) =>
    lapwingCommand(args, { LAPWING_URL: `${lapwing.url}/`, LAPWING_API_KEY: key });

  it('the same commands ask a server', async () => {
    const made = await run(['org', 'create', 'Acme']);
    const key = /lw_\S+/.exec(made.stdout)?.[0] ?? '';
    expect((await run(['org', 'list'])).stdout).toContain('Acme');
    const more = JSON.parse((await run(['key', 'create', '--json'], key)).stdout);
    expect((await run(['key', 'revoke', more.id], key)).code).toBe(0);
    expect((await run(['key', 'list'], key)).stdout).toMatch(/revoked.*\n.* valid /);
    const refused = await run(['org', 'create', 'More'], key);
    expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining('HTTP 403')]);
    expect((await run(['key', 'list'], 'wrong')).stderr).toContain('HTTP 403');
  });

  it.skipIf(onPostgres)('says how to ask the server that has the database open', async () => {
    const answer = await lapwingCommand(['org', 'list'], { LAPWING_DATA_DIR: lapwing.directory });
    expect([answer.code, answer.stderr]).toEqual([1, expect.stringContaining('LAPWING_URL')]);
  });
});

describe('a command line that does not fit', () => {
  it.each([
    [['org', 'destroy'], 'no command org destroy'],
    [['org', 'create'], 'Usage: lapwing org create <name>'],
    [['key', 'list', '--colour', 'red'], '--colour'],
    [['import', '.'], 'LAPWING_URL'],
    [['key', 'list', '--url', 'nowhere'], 'nowhere'],
    [['key', 'list', '--url', 'http://127.0.0.1:9'], 'LAPWING_API_KEY'],
  ])('%j is refused with what is wrong', async (args, text) => {
    const answer = await lapwingCommand(args, {});
    expect([answer.code, answer.stderr]).toEqual([2, expect.stringContaining(text)]);
  });

  it('asks for the help when it is empty', async () => {
    const answer = await lapwingCommand([], {});
    expect(answer.code).toBe(0);
    for (const words of ['start', 'import', 'org create', 'org list', 'key revoke']) {
      expect(answer.stdout).toContain(`lapwing ${words}`);
    }
  });
});
