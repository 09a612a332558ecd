import { environment, readConfig, SettingsError } from './config.ts';
import { LapwingError } from './errors.ts';
import { type Role, type RunningServer, startServer } from './server.ts';

const usage = 'Usage: npm start -- [all|api|worker]';

function roleOf(argument: string | undefined): Role {
  const role = argument ?? 'all';
  if (role === 'all' || role === 'api' || role === 'worker') return role;
  throw new SettingsError(`There is no role ${role}. ${usage}`);
}

function announce({ firstKey, role, url }: RunningServer): void {
  if (firstKey !== null) console.log(`API key (shown only now; send it as x-api-key): ${firstKey}`);
  console.log(
    role === 'worker'
      ? `The Lapwing worker is ready${url === null ? '' : ` (${url}/health)`}`
      : `Lapwing is ready at ${url} (docs: ${url}/docs)`,
  );
}

/** Ends once, however many signals come; a second one ends it at once. */
function closeOnSignal(server: RunningServer): void {
  const { log } = server.app;
  let closing = false;
  const onSignal = (signal: NodeJS.Signals) => {
    if (closing) process.exit(1);
    closing = true;
    log.info({ signal }, 'Stopping');
    server.close().then(
      () => process.exit(0),
      (error: unknown) => {
        log.error({ err: error }, 'The server did not stop cleanly');
        process.exit(1);
      },
    );
  };
  process.on('SIGTERM', onSignal);
  process.on('SIGINT', onSignal);
}

/** What to tell of an error that whoever operates the server can mend; null for all others. */
function mendable(error: unknown): string | null {
  if (error instanceof SettingsError || error instanceof LapwingError) return error.message;
  if (!(error instanceof Error && 'code' in error)) return null;
  // The system and the database have codes; so have mistakes in the use of Node (ERR_…), which are bugs.
  const code = String(error.code);
  return code.startsWith('ERR_') ? null : error.message || code;
}

/**
 * Runs the server, or one of its roles, as this process: until a signal ends it.
 * @param role `all`, `api` or `worker`; all by default.
 */
export async function serve(role: string | undefined): Promise<void> {
  try {
    const server = await startServer(roleOf(role), readConfig(environment()), environment());
    closeOnSignal(server);
    announce(server);
  } catch (error) {
    const text = mendable(error);
    if (text === null) throw error;
    console.error(`Lapwing could not start:\n${text}`);
    process.exit(1);
  }
}
