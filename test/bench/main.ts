import { lists } from './lists.ts';
import { overhead } from './overhead.ts';
import { recording } from './recording.ts';
import { requests } from './requests.ts';
import { start } from './start.ts';
import { throughput } from './throughput.ts';

const benches: Readonly<Record<string, () => Promise<void>>> = {
  overhead,
  start,
  throughput,
  recording,
  requests,
  lists,
};

const name = process.argv[2] ?? '';
const bench = benches[name];
if (bench === undefined) {
  console.error(
    `There is no measurement ${JSON.stringify(name)}. There are: ${Object.keys(benches).join(', ')}`,
  );
  process.exit(1);
}
await bench();
process.exit(0);
