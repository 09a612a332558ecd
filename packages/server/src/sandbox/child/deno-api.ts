/** The few parts of Deno that the child uses before it hides Deno from user code. */
export interface DenoApi {
  readonly args: readonly string[];
  readonly stdin: { readonly readable: AsyncIterable<Uint8Array> };
  readonly stdout: { writeSync(bytes: Uint8Array): number };
  readonly permissions: { revoke(descriptor: { name: 'read' }): Promise<unknown> };
  inspect(value: unknown, options?: { depth?: number; colors?: boolean }): string;
  readTextFileSync(url: URL): string;
  exit(code: number): never;
}

declare global {
  var Deno: DenoApi;
}
