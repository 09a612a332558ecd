import { backlog } from './backlog.ts';
import { bareQueueProcess } from './bare-queue.ts';
import { fuzz } from './fuzz.ts';
import { lists } from './lists.ts';
import { overhead } from './overhead.ts';
import { recording } from './recording.ts';
import { requests } from './requests.ts';
import { resume } from './resume.ts';
import { schedules } from './schedules.ts';
import { start } from './start.ts';
import { throughput } from './throughput.ts';
import { runAgainWithPostgres } from './with-postgres.ts';
import { workers } from './workers.ts';

const benches: Readonly<Record<string, () => Promise<void>>> = {
  overhead,
  start,
  throughput,
  recording,
  requests,
  lists,
  workers,
  backlog,
  resume,
  schedules,
  fuzz,
};
/** These measure on a PostgreSQL server too, and start one of their own where none is named. */
const wantServer: readonly string[] = ['workers', 'backlog', 'resume', 'schedules'];

const name = process.argv[2] ?? '';
// A process that a measurement starts, not one to be asked for.
const bench = name === 'bare-queue' ? bareQueueProcess : benches[name];
if (bench === undefined) {
  console.error(
    `There is no measurement ${JSON.stringify(name)}. There are: ${Object.keys(benches).join(', ')}`,
  );
  process.exit(1);
}
if (wantServer.includes(name) && process.env.LAPWING_TEST_DATABASE_URL === undefined) {
  const code = runAgainWithPostgres();
  if (code !== null) process.exit(code);
}
await bench();
process.exit();
