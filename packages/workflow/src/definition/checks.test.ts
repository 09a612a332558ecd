import { describe, expect, it } from 'vitest';
import { limits } from './limits.ts';
import {
  accept,
  choice,
  define,
  expectProblem,
  loop,
  refuse,
  wait,
  when,
} from './testing/documents.ts';

describe('order of blocks', () => {
  const next = (label: string, target: string) => wait(label, { next_block_label: target });

  it('is that of the list, version 1, without links and conditionals', () => {
    expect(accept(define({ blocks: [wait('a'), wait('b')] })).workflow_definition.version).toBe(1);
  });

  it('is that of the links, version 2, with them', () => {
    const linked = define({ blocks: [next('a', 'b'), wait('b')] });
    const chosen = define({ blocks: [choice('if', [when('{{ 1 }}', 'a')]), wait('a')] });
    expect(accept(linked).workflow_definition.version).toBe(2);
    expect(accept(chosen).workflow_definition.version).toBe(2);
  });

  it('refuses links and conditionals under an explicit version 1', () => {
    const definition = { version: 1, blocks: [next('a', 'b'), wait('b')] };
    expectProblem(define(definition), 'version', "'a' has a next_block_label");
  });

  it('refuses an unknown next_block_label and an unknown target of a branch', () => {
    expectProblem(define({ blocks: [next('a', 'x')] }), 'blocks', "'a' points to 'x'");
    const blocks = [choice('if', [when('{{ 1 }}', 'x')])];
    expectProblem(define({ blocks }), 'blocks', "'if' points to 'x'");
  });

  it('refuses a circle without a first block', () => {
    expectProblem(define({ blocks: [next('a', 'b'), next('b', 'a')] }), 'blocks', 'circular');
  });

  it('refuses blocks that are not linked, under version 2 also when none is', () => {
    const blocks = [next('a', 'b'), wait('b'), wait('c')];
    expectProblem(define({ blocks }), 'blocks', "disconnected: 'a', 'c'");
    const definition = { version: 2, blocks: [wait('a'), wait('b')] };
    expectProblem(define(definition), 'blocks', 'disconnected');
  });

  it('refuses a cycle', () => {
    const blocks = [next('a', 'b'), next('b', 'c'), choice('c', [when('{{ 1 }}', 'b')])];
    expectProblem(define({ blocks }), 'blocks', "cycle: 'b' → 'c' → 'b'");
  });

  it('accepts a definition without blocks', () => {
    expect(accept(define({})).workflow_definition).toMatchObject({ version: 1, blocks: [] });
  });
});

describe('the finally block', () => {
  it('must be a block of the top', () => {
    const definition = { blocks: [loop('each', [wait('a')])], finally_block_label: 'a' };
    expectProblem(define(definition), 'finally_block_label', "'a' is not the label of a top-level");
  });

  it('cannot lead on', () => {
    const blocks = [wait('a'), wait('end', { next_block_label: 'a' })];
    const definition = { blocks, finally_block_label: 'end' };
    expectProblem(define(definition), 'blocks.1.next_block_label', "finally block 'end'");
  });

  it('needs no link to it', () => {
    const blocks = [wait('a', { next_block_label: 'b' }), wait('b'), wait('end')];
    accept(define({ blocks, finally_block_label: 'end' }));
  });
});

it('lists the problems of every part at once', () => {
  const { issues } = refuse({
    max_elapsed_time_minutes: 481,
    workflow_definition: {
      parameters: [{ parameter_type: 'workflow', key: 'a b' }],
      blocks: [wait('x', { wait_sec: 0 }), wait('x'), { block_type: 'code', label: 'c' }],
      finally_block_label: 'nowhere',
    },
  });
  expect(issues.map(({ loc }) => loc.slice(loc[0] === 'title' ? 0 : -1).join('.')).sort()).toEqual([
    'code',
    'finally_block_label',
    'key',
    'label',
    'max_elapsed_time_minutes',
    'title',
    'wait_sec',
    'workflow_parameter_type',
  ]);
});

it('lists a limited number of problems and says that there are more', () => {
  const blocks = Array.from({ length: limits.issues + 5 }, () => 5);
  const { issues } = refuse(define({ blocks }));
  expect(issues).toHaveLength(limits.issues + 1);
  expect(issues.at(-1)?.msg).toContain('more problems than are listed');
});
