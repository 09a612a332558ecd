import { environment, readConfig, SettingsError } from './config.ts';
import { LapwingError } from './errors.ts';
import { type Role, type RunningServer, startServer } from './server.ts';

const usage = 'Usage: npm start -- [all|api|worker]';

function roleOf(argument: string | undefined): Role {
  const role = argument ?? 'all';
  if (role === 'all' || role === 'api' || role === 'worker') return role;
  throw new SettingsError(`There is no role ${role}. ${usage}`);
}

function announce({ firstKey, url }: RunningServer): void {
  if (firstKey !== null) console.log(`API key (shown only now; send it as x-api-key): ${firstKey}`);
  console.log(
    url === null ? 'The Lapwing worker is ready' : `Lapwing is ready at ${url} (docs: ${url}/docs)`,
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

const systemCodes: readonly string[] = ['EADDRINUSE', 'EADDRNOTAVAIL', 'EACCES'];
const isSystemError = (error: unknown): error is Error =>
  error instanceof Error && 'code' in error && systemCodes.includes(String(error.code));

try {
  const server = await startServer(
    roleOf(process.argv[2]),
    readConfig(environment()),
    environment(),
  );
  closeOnSignal(server);
  announce(server);
} catch (error) {
  if (!(error instanceof SettingsError || error instanceof LapwingError || isSystemError(error)))
    throw error;
  console.error(`Lapwing could not start:\n${error.message}`);
  process.exit(1);
}
