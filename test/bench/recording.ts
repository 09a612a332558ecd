import { cpus } from 'node:os';
import { startSite } from '../site/site.ts';
import { type Lapwing, startLapwing } from '../support/lapwing.ts';
import { report, round } from './table.ts';

const rounds = 3;

const code = (site: string) => `
for (let index = 0; index < 30; index += 1) {
  await page.goto('${site}/orders?page=' + (index % 3 + 1));
  await page.waitForTimeout(700);
}
return null;`;

/** A person's pace on the portal for half a minute: what a video of it costs. */
export async function recording(): Promise<void> {
  const site = await startSite();
  const measured: Record<string, { seconds: number; cpu: number; bytes: number }[]> = {
    on: [],
    off: [],
  };
  for (let round = 0; round < rounds; round += 1) {
    for (const setting of ['off', 'on']) {
      const lapwing = await startLapwing({
        LAPWING_RECORDING: setting,
        LAPWING_WARM_BROWSERS: '0',
      });
      measured[setting]?.push(await once(lapwing, site.url));
      await lapwing.close();
    }
  }
  await site.close();
  const mean = (setting: string, key: 'seconds' | 'cpu' | 'bytes') => {
    const values = measured[setting] ?? [];
    return values.reduce((sum, value) => sum + value[key], 0) / values.length;
  };
  const cpuShare = (setting: string) => (100 * mean(setting, 'cpu')) / mean(setting, 'seconds');
  const megabytesAMinute = (mean('on', 'bytes') / 2 ** 20 / mean('on', 'seconds')) * 60;
  report(
    'recording',
    ['off', 'on'].map((setting) => ({
      recording: setting,
      'run, s': round(mean(setting, 'seconds'), 1),
      'CPU, % of a core': round(cpuShare(setting), 1),
      'MB a minute': setting === 'on' ? round(megabytesAMinute) : 0,
    })),
    {
      mb_a_minute: round(megabytesAMinute),
      cpu_percent: round(cpuShare('on') - cpuShare('off'), 1),
    },
  );
}

async function once(
  lapwing: Lapwing,
  site: string,
): Promise<{ seconds: number; cpu: number; bytes: number }> {
  const workflow = await lapwing.createWorkflow({
    blocks: [{ block_type: 'code', label: 'walk', language: 'javascript', code: code(site) }],
  });
  const cpuBefore = machineCpu();
  const began = performance.now();
  const run = await lapwing.run(workflow);
  const seconds = (performance.now() - began) / 1000;
  const cpu = machineCpu() - cpuBefore;
  const artifacts = (
    await lapwing.request('GET', `/v1/runs/${run.run_id}/artifacts?artifact_type=recording`)
  ).body;
  return { seconds, cpu, bytes: artifacts[0]?.file_size ?? 0 };
}

/** CPU seconds of the whole machine so far: a browser is a process of its own and its time cannot be asked for later. */
function machineCpu(): number {
  return cpus().reduce((sum, { times }) => sum + times.user + times.sys + times.nice, 0) / 1000;
}
