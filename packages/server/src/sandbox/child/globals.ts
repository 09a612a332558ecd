import './deno-api.ts';

/**
 * Names that do nothing without permissions, or that belong to the child. The process is the boundary; without them user
 * code gets "fetch is not defined" in place of a message about Deno's command line.
 */
const hidden = [
  'Deno',
  'process',
  'fetch',
  'WebSocket',
  'WebSocketStream',
  'WebTransport',
  'EventSource',
  'Worker',
  'SharedWorker',
  'BroadcastChannel',
  'caches',
  'localStorage',
  'sessionStorage',
  'navigator',
  'postMessage',
  'onmessage',
  'close',
  'alert',
  'confirm',
  'prompt',
];

/** Gives up the right to read files and takes what user code has no use for out of the global scope. */
export async function lockDown(): Promise<void> {
  await Deno.permissions.revoke({ name: 'read' });
  for (const name of hidden) {
    Reflect.deleteProperty(globalThis, name);
    if (name in globalThis) Reflect.defineProperty(globalThis, name, { value: undefined });
  }
}
