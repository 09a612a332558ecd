import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Site, startSite } from '../site/site.ts';
import { open } from '../support/blocks.ts';
import { type Lapwing, startLapwing } from '../support/lapwing.ts';
import { ended, startRun } from '../support/runs.ts';

let site: Site;
let lapwing: Lapwing;
beforeAll(async () => {
  site = await startSite();
  lapwing = await startLapwing({ LAPWING_MAX_BROWSERS: '1', LAPWING_SLOTS: '2' });
});
afterAll(async () => {
  await lapwing?.close();
  await site?.close();
});

it('a run that waits with the only browser open leaves room for that of the run it waits for', async () => {
  const child = await lapwing.createWorkflow({ blocks: [open('inner', `${site.url}/`)] });
  const trigger = { block_type: 'workflow_trigger', label: 'go', workflow_permanent_id: child };
  const parent = await lapwing.createWorkflow({
    blocks: [open('outer', `${site.url}/`), trigger, open('more', `${site.url}/`)],
  });
  const ids = [await startRun(lapwing, parent), await startRun(lapwing, parent)];
  for (const id of ids) {
    expect(await ended(lapwing, id)).toMatchObject({
      status: 'completed',
      output: { go_output: { status: 'completed', outputs: { inner_output: expect.anything() } } },
    });
  }
});
