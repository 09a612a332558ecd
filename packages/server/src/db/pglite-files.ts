import { fdatasyncSync } from 'node:fs';
import { NodeFS } from '@electric-sql/pglite/nodefs';
import { syncPath } from './sync-tree.ts';

/** What is used of an open file of Emscripten's NODEFS. */
interface HostStream {
  /** The file descriptor in this process; directories have none. */
  readonly nfd?: number;
  readonly node: object;
}

interface HostFiles {
  stream_ops: { fsync?: (stream: HostStream) => number };
  realPath(node: object): string;
}

/** When files are brought to the disk. */
export interface SyncPolicy {
  /** Asked at every fsync of the database: false while what is written will be synced by other means. */
  readonly isNeeded: () => boolean;
  /** Called after every fsync that was done. */
  readonly onDone?: () => void;
}

/**
 * The data directory on the disk of this machine, with an fsync that reaches it. PGlite 0.5.16 leaves `fsync` out of
 * the mount's operations, so that PostgreSQL believes its log to be on disk while it is in the page cache.
 */
export function durableFiles(directory: string, policy: SyncPolicy): NodeFS {
  const files = new NodeFS(directory);
  const init = files.init.bind(files);
  files.init = async (database, options) => {
    const result = await init(database, options);
    result.emscriptenOpts.preRun?.push((module) => {
      const host = (module as unknown as { NODEFS: HostFiles }).NODEFS;
      host.stream_ops.fsync = (stream) => {
        if (!policy.isNeeded()) return 0;
        if (stream.nfd === undefined) syncPath(host.realPath(stream.node));
        else fdatasyncSync(stream.nfd);
        policy.onDone?.();
        return 0;
      };
    });
    return result;
  };
  return files;
}
