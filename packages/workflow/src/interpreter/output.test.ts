import { expect, test } from 'vitest';
import { fakeCode } from '../testing/capabilities.ts';
import { storedDefinition } from '../testing/definitions.ts';
import { runDefinition } from '../testing/run.ts';

/** The errors of a run whose code blocks raise these codes. */
async function errorsOf(raised: readonly (readonly [code: string, reasoning: string])[]) {
  const code = fakeCode((_, count) => {
    const [errorCode = '', reasoning = ''] = raised[count - 1] ?? [];
    return { kind: 'error_code', code: errorCode, reasoning };
  });
  const blocks = raised.map(([errorCode], index) => ({
    block_type: 'code',
    label: `b${index}`,
    code: '',
    continue_on_failure: true,
    error_code_mapping: errorCode.length > 128 ? null : { [errorCode]: 'declared' },
  }));
  const definition = storedDefinition(blocks, {
    error_code_mapping: { ['L'.repeat(129)]: 'declared' },
  });
  const { result } = await runDefinition(definition, { capabilities: { code } });
  return result.errors.map(({ error_code, reasoning }) => [error_code, reasoning]);
}

test('errors keep their order and lose exact repetitions', async () => {
  const errors = [
    ['B', 'x'],
    ['A', 'x'],
    ['B', 'x'],
    ['B', 'y'],
  ] as const;
  expect(await errorsOf(errors)).toEqual([
    ['B', 'x'],
    ['A', 'x'],
    ['B', 'y'],
  ]);
});

test('long reasons are cut and long codes dropped', async () => {
  const errors = [
    ['A', 'x'.repeat(3000)],
    ['L'.repeat(129), 'x'],
  ] as const;
  expect(await errorsOf(errors)).toEqual([['A', 'x'.repeat(2000)]]);
});

test('a run has 100 errors at most', async () => {
  const errors = Array.from({ length: 105 }, (_, index) => ['A', `reason ${index}`] as const);
  expect(await errorsOf(errors)).toHaveLength(100);
});
