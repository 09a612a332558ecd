import { join } from 'node:path';
import ts from 'typescript';
import { type Manifest, root } from './manifests.ts';

/** Where the model of each kind is. */
const models: Readonly<Record<string, string>> = {
  Deployment: 'kubernetes-models/apps/v1/Deployment',
  Service: 'kubernetes-models/v1/Service',
  ConfigMap: 'kubernetes-models/v1/ConfigMap',
  Secret: 'kubernetes-models/v1/Secret',
  PersistentVolumeClaim: 'kubernetes-models/v1/PersistentVolumeClaim',
  PodDisruptionBudget: 'kubernetes-models/policy/v1/PodDisruptionBudget',
  NetworkPolicy: 'kubernetes-models/networking.k8s.io/v1/NetworkPolicy',
  ScaledObject: '@kubernetes-models/keda/keda.sh/v1alpha1/ScaledObject',
};

/** Loads the model of a kind. @throws for a kind that has none here. */
export async function modelOf(
  kind: string,
): Promise<new (data: never) => { validate(): void; readonly apiVersion: string }> {
  const module = await import(pathOf(kind));
  return module[kind];
}

function pathOf(kind: string): string {
  const path = models[kind];
  if (path === undefined) throw new Error(`There is no model for the kind ${kind}`);
  return path;
}

/**
 * What the types of the models say of these objects. Their schemas let unknown fields pass, as the API server does: a
 * misspelt one would be without effect.
 */
export function typeErrors(manifests: readonly Manifest[]): string[] {
  const kinds = [...new Set(manifests.map(({ kind }) => kind))];
  const imports = kinds.map((kind) => `import type { I${kind} } from '${pathOf(kind)}';`);
  const objects = manifests.map(
    ({ file: _, ...manifest }, index) =>
      `export const object${index}: I${manifest.kind} = ${JSON.stringify(manifest)};`,
  );
  const source = [...imports, ...objects].join('\n');
  const path = join(root, 'test', 'deploy', 'manifests-as-types.ts');
  const options: ts.CompilerOptions = {
    noEmit: true,
    strict: true,
    skipLibCheck: true,
    types: [],
    lib: ['lib.es2022.d.ts'],
    target: ts.ScriptTarget.ES2022,
    module: ts.ModuleKind.ESNext,
    moduleResolution: ts.ModuleResolutionKind.Bundler,
  };
  const host = ts.createCompilerHost(options);
  const { getSourceFile, fileExists } = host;
  host.fileExists = (name) => name === path || fileExists(name);
  host.getSourceFile = (name, ...rest) =>
    name === path
      ? ts.createSourceFile(name, source, ts.ScriptTarget.ES2022)
      : getSourceFile(name, ...rest);
  const program = ts.createProgram([path], options, host);
  return ts
    .getPreEmitDiagnostics(program)
    .map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'));
}
