import { expect, it } from 'vitest';
import type { WorkflowVersion } from '../workflows/service.ts';
import { lanesOf } from './lanes.ts';

const workflow = (settings: WorkflowVersion['settings'], id = 'wpid_1') =>
  ({ workflowPermanentId: id, settings }) as WorkflowVersion;

it('asks for nothing unless the workflow says so', () => {
  expect(lanesOf(workflow({}), { a: 1 })).toEqual({ sequentialKey: null, lanes: null });
  expect(lanesOf(workflow({ run_sequentially: false }), {}).lanes).toBeNull();
});

it('asks for the whole workflow when its runs go one after another', () => {
  expect(lanesOf(workflow({ run_sequentially: true }), {}).lanes).toEqual(['workflow:wpid_1']);
});

it('asks for the workflow with the rendered key, whether its runs go one after another or not', () => {
  const settings = { sequential_key: '{{ portal }}/{{ account.id }}' };
  const one = lanesOf(workflow(settings), { portal: 'acme', account: { id: 7 } });
  expect(one.sequentialKey).toBe('acme/7');
  const sequential = workflow({ ...settings, run_sequentially: true });
  expect(lanesOf(sequential, { portal: 'acme', account: { id: 7 } })).toEqual(one);
  const others = [
    lanesOf(workflow(settings), { portal: 'acme', account: { id: 8 } }),
    lanesOf(workflow(settings, 'wpid_2'), { portal: 'acme', account: { id: 7 } }),
  ];
  for (const { lanes } of others) expect(lanes).not.toEqual(one.lanes);
});

it('keeps the key as it is written when there are no parameters', () => {
  const { sequentialKey } = lanesOf(workflow({ sequential_key: '{{ portal }}' }), {});
  expect(sequentialKey).toBe('{{ portal }}');
});

it('refuses a key that cannot be rendered, naming it', () => {
  const broken = workflow({ sequential_key: '{{ portal.name.first }}' });
  expect(() => lanesOf(broken, { portal: 1 })).toThrow(/sequential_key.*portal\.name\.first/);
});

it('names a lane that an index takes, however long the key is', () => {
  const { lanes } = lanesOf(workflow({ sequential_key: '{{ key }}' }), { key: 'x'.repeat(50_000) });
  expect(lanes?.[0]?.length).toBeLessThan(100);
});
