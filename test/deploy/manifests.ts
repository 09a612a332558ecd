import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { IScaledObject } from '@kubernetes-models/keda/keda.sh/v1alpha1/ScaledObject';
import { load, loadAll } from 'js-yaml';
import type { IDeployment } from 'kubernetes-models/apps/v1/Deployment';
import type { INetworkPolicy } from 'kubernetes-models/networking.k8s.io/v1/NetworkPolicy';
import type { IPodDisruptionBudget } from 'kubernetes-models/policy/v1/PodDisruptionBudget';
import type { IConfigMap } from 'kubernetes-models/v1/ConfigMap';
import type { IContainer } from 'kubernetes-models/v1/Container';
import type { IPersistentVolumeClaim } from 'kubernetes-models/v1/PersistentVolumeClaim';
import type { IPodSpec } from 'kubernetes-models/v1/PodSpec';
import type { ISecret } from 'kubernetes-models/v1/Secret';
import type { IService } from 'kubernetes-models/v1/Service';
import { openContext } from '../../scripts/rehearse-image/build-context.ts';
import { configOf, parseDockerfile } from '../../scripts/rehearse-image/dockerfile.ts';

export const root = fileURLToPath(new URL('../../', import.meta.url));
export const read = (path: string) => readFileSync(`${root}${path}`, 'utf8');

export const stages = parseDockerfile(read('deploy/Dockerfile'));
export const image = configOf(stages);
export const context = openContext(root, read('.dockerignore'));

/** Seconds that a role may need behind its drain: a handler that does not heed, browsers, files, the database. */
export const windUpSeconds = 15;

/** What the example of a Secret asks for, filled in. */
export const secretKey = 'ab'.repeat(32);

/** The kinds of objects that there are. */
interface Kinds {
  Deployment: IDeployment;
  Service: IService;
  ConfigMap: IConfigMap;
  Secret: ISecret;
  PersistentVolumeClaim: IPersistentVolumeClaim;
  PodDisruptionBudget: IPodDisruptionBudget;
  NetworkPolicy: INetworkPolicy;
  ScaledObject: IScaledObject;
}

/** An object for the cluster, and the file that it stands in. */
export interface Manifest {
  readonly file: string;
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string };
}

const folder = 'deploy/kubernetes';
/** Without the kustomization, which is no object. */
export const manifestFiles = readdirSync(`${root}${folder}`)
  .filter((name) => name.endsWith('.yaml') && name !== 'kustomization.yaml')
  .sort();

export const manifests: readonly Manifest[] = manifestFiles.flatMap((file) =>
  loadAll(read(`${folder}/${file}`)).map((object) => ({ ...(object as Manifest), file })),
);

export interface Kustomization {
  readonly resources: readonly string[];
  readonly images: readonly { readonly name: string; readonly newTag: string }[];
}
export const kustomization = load(read(`${folder}/kustomization.yaml`)) as Kustomization;

/** All objects of a kind. */
export function ofKind<Kind extends keyof Kinds>(kind: Kind): readonly Kinds[Kind][] {
  const found: readonly object[] = manifests.filter((manifest) => manifest.kind === kind);
  return found as Kinds[Kind][];
}

/** A value that has to be there. */
export function present<T>(value: T | null | undefined, what: string): T {
  if (value == null) throw new Error(`There is no ${what}`);
  return value;
}

/** The pods of a Deployment. */
export function podOf(deployment: IDeployment): {
  readonly labels: Readonly<Record<string, string>>;
  readonly spec: IPodSpec;
  readonly container: IContainer;
} {
  const { metadata, spec } = present(deployment.spec, 'spec').template;
  const pod = present(spec, 'pod');
  const [container, ...others] = pod.containers;
  if (others.length > 0) throw new Error('A pod has one container');
  return { labels: metadata?.labels ?? {}, spec: pod, container: present(container, 'container') };
}

/** Everything that a container has in its environment, with the example of a Secret filled in. */
export function environmentOf(container: IContainer): Record<string, string> {
  const sources = (container.envFrom ?? []).map((source): Record<string, string> => {
    const named = (object: { metadata?: { name?: string } }) => object.metadata?.name;
    const map = ofKind('ConfigMap').find((one) => named(one) === source.configMapRef?.name);
    const secret = ofKind('Secret').find((one) => named(one) === source.secretRef?.name);
    return { ...map?.data, ...filled(secret?.stringData ?? {}) };
  });
  return Object.assign({}, image.env, ...sources);
}

/** `<64 hexadecimal digits, …>` is what somebody still has to put there. */
function filled(data: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(data).map(([name, value]) => [name, value.startsWith('<') ? secretKey : value]),
  );
}

/** Variables of the system, which are no settings. */
const systemVariables = ['HOME', 'LANG'];

/** Names that are no settings of Lapwing. */
export function strangers(
  environment: Readonly<Record<string, string>>,
  settings: Readonly<Record<string, unknown>>,
): string[] {
  const known = [...Object.keys(settings), ...systemVariables];
  return Object.keys(environment).filter((name) => !known.includes(name));
}
