// Whether the role of this container can work: exit code 0 when it can.
//
//   node deploy/healthcheck.mjs [all|api|worker]
import { readFileSync } from 'node:fs';

const roles = ['all', 'api', 'worker'];
const { LAPWING_HOST, LAPWING_PORT, LAPWING_WORKER_PORT } = process.env;

/** The role that the container was started with: process 1 is `tini -- lapwing worker`. */
function startedRole() {
  const words = readFileSync('/proc/1/cmdline', 'utf8').split('\0');
  return words.findLast((word) => roles.includes(word)) ?? 'all';
}

const role = process.argv[2] ?? startedRole();
const port = role === 'worker' ? LAPWING_WORKER_PORT : LAPWING_PORT;
const host = LAPWING_HOST === '0.0.0.0' || LAPWING_HOST === '::' ? '127.0.0.1' : LAPWING_HOST;
try {
  const signal = AbortSignal.timeout(4_000);
  const response = await fetch(`http://${host}:${port}/health`, { signal });
  console.log(await response.text());
  process.exitCode = response.ok ? 0 : 1;
} catch (error) {
  const reason = error.cause?.message ?? error.message;
  console.error(`The ${role} does not answer on port ${port}: ${reason}`);
  process.exitCode = 1;
}
