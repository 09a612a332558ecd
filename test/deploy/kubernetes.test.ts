import type { IContainer } from 'kubernetes-models/v1/Container';
import type { IProbe } from 'kubernetes-models/v1/Probe';
import { describe, expect, it } from 'vitest';
import { routes } from '../../packages/protocol/src/index.ts';
import { browserArguments } from '../../packages/server/src/browser/arguments.ts';
import { defaultBrowserSettings } from '../../packages/server/src/browser/settings.ts';
import { readConfig, settings } from '../../packages/server/src/config.ts';
import { Metrics } from '../../packages/server/src/telemetry/metrics.ts';
import { startProbes } from '../../packages/server/src/worker/probes.ts';
import {
  environmentOf,
  image,
  kustomization,
  manifestFiles,
  manifests,
  ofKind,
  podOf,
  present,
  read,
  strangers,
  windUpSeconds,
} from './manifests.ts';
import { modelOf, typeErrors } from './unknown-fields.ts';

const deployments = ofKind('Deployment').map((deployment) => ({
  role: podOf(deployment).container.name,
  deployment,
  ...podOf(deployment),
}));
const roles = deployments.map(({ role }) => role);
const roleOf = (role: string) =>
  present(
    deployments.find((one) => one.role === role),
    `Deployment of the ${role}`,
  );
const configOf = (container: IContainer) => readConfig(environmentOf(container));
const probesOf = ({ startupProbe, livenessProbe, readinessProbe }: IContainer): IProbe[] => [
  present(startupProbe, 'startup probe'),
  present(livenessProbe, 'liveness probe'),
  present(readinessProbe, 'readiness probe'),
];

/** Answers the roles whose pods have all of these labels. */
const chosenBy = (selector: { readonly [label: string]: string } | undefined) =>
  deployments
    .filter(({ labels }) =>
      Object.entries(present(selector, 'selector')).every(
        ([name, value]) => labels[name] === value,
      ),
    )
    .map(({ role }) => role);

describe('every manifest', () => {
  it.each(
    manifests.map((manifest) => [`${manifest.kind} ${manifest.metadata.name}`, manifest] as const),
  )('%s is valid by the schema of its kind', async (_, { file: __, ...manifest }) => {
    const Model = await modelOf(manifest.kind);
    const object = new Model(manifest as never);
    expect(() => object.validate()).not.toThrow();
    expect(object.apiVersion).toBe((Model as unknown as { apiVersion: string }).apiVersion);
  });

  it('has no field that its kind does not know', { timeout: 60_000 }, () => {
    expect(typeErrors(manifests)).toEqual([]);
  });

  it('is part of the kustomization, but for the example of a Secret', () => {
    expect(kustomization).toMatchObject({
      apiVersion: 'kustomize.config.k8s.io/v1beta1',
      kind: 'Kustomization',
    });
    expect([...kustomization.resources, 'secret.example.yaml'].sort()).toEqual(manifestFiles);
  });

  it('names no namespace, so that it goes where it is applied', () => {
    expect(manifests.filter(({ metadata }) => 'namespace' in metadata)).toEqual([]);
  });
});

describe('the image', () => {
  it('is the one that the kustomization places, in the version of this repository', () => {
    const { version } = JSON.parse(read('package.json')) as { version: string };
    const [placed, ...others] = kustomization.images;
    expect(others).toEqual([]);
    expect(placed?.newTag).toBe(version);
    for (const { container } of deployments) expect(container.image).toBe(placed?.name);
  });

  it.each(roles)('starts the %s by its role, as the user that it is made for', (role) => {
    const { container, spec } = roleOf(role);
    expect(container.args).toEqual([role]);
    expect(container.command).toBeUndefined();
    const { runAsUser, runAsGroup, fsGroup, runAsNonRoot } = spec.securityContext ?? {};
    expect(`${runAsUser}:${runAsGroup}`).toBe(image.user);
    expect({ runAsNonRoot, fsGroup }).toEqual({ runAsNonRoot: true, fsGroup: runAsGroup });
  });
});

describe('settings', () => {
  it.each(roles)('of the %s are known to Lapwing and taken', (role) => {
    const environment = environmentOf(roleOf(role).container);
    expect(strangers(environment, settings.shape)).toEqual([]);
    const config = readConfig(environment);
    expect(config.DATABASE_URL).toMatch(/^postgres:/);
    expect(config.LAPWING_SECRET_KEY).toBeDefined();
    expect(config.LAPWING_PUBLIC_URL).toMatch(/^https:/);
  });

  it.each(roles)('of the %s are not joined by what Kubernetes tells of Services', (role) => {
    // A Service named lapwing-api is LAPWING_API_PORT and six more, which readConfig refuses.
    expect(() => readConfig({ LAPWING_API_PORT: 'tcp://10.0.0.1:80' })).toThrow(/no setting/);
    expect(roleOf(role).spec.enableServiceLinks).toBe(false);
  });

  it('of the example of a Secret are refused as long as nobody has filled them in', () => {
    const [secret] = ofKind('Secret');
    const blanks = Object.entries(secret?.stringData ?? {}).filter(([, value]) =>
      value.startsWith('<'),
    );
    expect(blanks.map(([name]) => name)).toContain('LAPWING_SECRET_KEY');
    for (const [name, value] of blanks)
      expect(() => readConfig({ [name]: value })).toThrow(new RegExp(`^${name}=`));
  });
});

describe('stopping', () => {
  it.each(roles)('gives the %s longer than its runs get', (role) => {
    const { container, spec } = roleOf(role);
    const pause = Number(container.lifecycle?.preStop?.exec?.command?.[1] ?? 0);
    const { LAPWING_DRAIN_SECONDS: drain } = configOf(container);
    expect(spec.terminationGracePeriodSeconds).toBeGreaterThanOrEqual(
      pause + drain + windUpSeconds,
    );
  });

  it('begins at the API with a pause, for the Service to look elsewhere', () => {
    const { command } = roleOf('api').container.lifecycle?.preStop?.exec ?? {};
    expect(command?.[0]).toBe('sleep');
    expect(Number(command?.[1])).toBeGreaterThanOrEqual(3);
  });
});

describe('probes', () => {
  it.each(roles)('of the %s ask the port that it listens on', (role) => {
    const { container } = roleOf(role);
    const config = configOf(container);
    const port = role === 'worker' ? config.LAPWING_WORKER_PORT : config.LAPWING_PORT;
    expect(config.LAPWING_HOST).toBe('0.0.0.0');
    const [listed, ...others] = container.ports ?? [];
    expect(others).toEqual([]);
    expect(listed?.containerPort).toBe(port);
    for (const probe of probesOf(container)) expect(probe.httpGet?.port).toBe(listed?.name);
  });

  it('of the API ask operations that need no key', () => {
    const open = Object.values(routes).filter(
      (route) => route.method === 'GET' && 'auth' in route && route.auth === 'none',
    );
    for (const probe of probesOf(roleOf('api').container))
      expect(open.map(({ path }) => path)).toContain(probe.httpGet?.path);
  });

  it('of a worker are answered by it', async () => {
    const sources = {
      database: () => Promise.reject(new Error('none')),
      runsEnded: () => new Map(),
      webhookAttempts: () => new Map(),
      scheduleFires: () => new Map(),
    };
    const server = await startProbes(
      { metrics: new Metrics(sources, null), healthChecks: [] },
      { host: '127.0.0.1', port: 0 },
    );
    try {
      for (const probe of probesOf(roleOf('worker').container)) {
        const { status } = await fetch(`${server.url}${probe.httpGet?.path}`);
        expect([probe.httpGet?.path, status]).toEqual([probe.httpGet?.path, 200]);
      }
    } finally {
      await server.close();
    }
  });

  it.each(roles)('of the %s restart nothing because the database is away', (role) => {
    const [, live, ready] = probesOf(roleOf(role).container);
    expect(live?.httpGet?.path).toBe('/api/v1/heartbeat');
    expect(ready?.httpGet?.path).toBe('/health');
  });
});

describe('names', () => {
  it.each(deployments)(
    'of labels: a Deployment chooses its own pods ($role)',
    ({ deployment, role }) => {
      expect(chosenBy(deployment.spec?.selector.matchLabels)).toEqual([role]);
    },
  );

  it('of labels: Service, budgets and network policy choose the pods of one role', () => {
    expect(ofKind('Service').map(({ spec }) => chosenBy(spec?.selector))).toEqual([['api']]);
    expect(
      ofKind('PodDisruptionBudget').map(({ spec }) => chosenBy(spec?.selector?.matchLabels)),
    ).toEqual([['api'], ['worker']]);
    expect(
      ofKind('NetworkPolicy').map(({ spec }) => chosenBy(spec?.podSelector?.matchLabels)),
    ).toEqual([['worker']]);
  });

  it('of ports: the Service leads to the one of the API', () => {
    const [service] = ofKind('Service');
    const ports = roleOf('api').container.ports ?? [];
    expect(service?.spec?.ports?.map(({ targetPort }) => targetPort)).toEqual(
      ports.map(({ name }) => name),
    );
  });

  it.each(deployments)('of what the $role refers to', ({ container }) => {
    const named = (kind: 'ConfigMap' | 'Secret') =>
      ofKind(kind).map(({ metadata }) => metadata?.name);
    const sources = container.envFrom ?? [];
    expect(sources.flatMap(({ configMapRef }) => configMapRef?.name ?? [])).toEqual(
      named('ConfigMap'),
    );
    expect(sources.flatMap(({ secretRef }) => secretRef?.name ?? [])).toEqual(named('Secret'));
  });
});

describe('folders', () => {
  it.each(deployments)(
    'that the $role writes to are volumes, and nothing else can be written',
    (one) => {
      const { container, spec } = one;
      expect(container.securityContext).toMatchObject({
        readOnlyRootFilesystem: true,
        allowPrivilegeEscalation: false,
        capabilities: { drop: ['ALL'] },
      });
      const { LAPWING_DATA_DIR: data } = configOf(container);
      const mounts = container.volumeMounts ?? [];
      expect(mounts.map(({ mountPath }) => mountPath).sort()).toEqual([
        data,
        `${data}/files`,
        '/tmp',
      ]);
      expect(image.env.HOME).toBe(data);
      expect(mounts.map(({ name }) => name).sort()).toEqual(
        (spec.volumes ?? []).map(({ name }) => name).sort(),
      );
    },
  );

  it('of files are one claim, which several nodes may write to; the rest is a pod’s own', () => {
    const [claim, ...others] = ofKind('PersistentVolumeClaim');
    expect(others).toEqual([]);
    expect(claim?.spec?.accessModes).toEqual(['ReadWriteMany']);
    for (const { container, spec } of deployments) {
      const mount = container.volumeMounts?.find(({ mountPath }) => mountPath.endsWith('/files'));
      for (const volume of spec.volumes ?? []) {
        const isFiles = volume.name === mount?.name;
        expect(volume.persistentVolumeClaim?.claimName).toBe(
          isFiles ? claim?.metadata?.name : undefined,
        );
        expect(volume.emptyDir === undefined).toBe(isFiles);
      }
    }
  });

  it('of shared memory: Chromium has it in /tmp, which is in memory', () => {
    const options = { userDataDirectory: '/data/browsers/a', root: false };
    const args = browserArguments({ ...defaultBrowserSettings, directory: '/data' }, options);
    expect(args).toContain('--disable-dev-shm-usage');
    const { container, spec } = roleOf('worker');
    const mount = container.volumeMounts?.find(({ mountPath }) => mountPath === '/tmp');
    const volume = spec.volumes?.find(({ name }) => name === mount?.name);
    expect(volume?.emptyDir?.medium).toBe('Memory');
  });
});

describe('the network of workers', () => {
  it('leads to names, to the database and to the internet, but to no private address', () => {
    const rules = ofKind('NetworkPolicy').flatMap(({ spec }) => spec?.egress ?? []);
    const ports = rules.flatMap(({ to, ports = [] }) => (to === undefined ? ports : []));
    const { DATABASE_URL = '' } = configOf(roleOf('worker').container);
    expect([...new Set(ports.map(({ port }) => port))]).toEqual([
      53,
      Number(new URL(DATABASE_URL).port),
    ]);
    const except = rules.flatMap(({ to = [] }) =>
      to.flatMap(({ ipBlock }) => ipBlock?.except ?? []),
    );
    for (const range of [
      '10.0.0.0/8',
      '172.16.0.0/12',
      '192.168.0.0/16',
      '169.254.0.0/16',
      'fc00::/7',
    ])
      expect(except).toContain(range);
  });
});
