import { parseArgs } from 'node:util';
import { credentials } from './portal.ts';
import { startSite } from './site.ts';

const { values } = parseArgs({ options: { port: { type: 'string', default: '4600' } } });
const site = await startSite({ port: Number(values.port) });
console.log(`The practice site is at ${site.url}`);
console.log(`Sign in as ${credentials.username} with password "${credentials.password}".`);
console.log(`API token: ${credentials.apiToken}`);

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => site.close());
