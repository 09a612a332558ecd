import { describe, expect, it } from 'vitest';
import { type BlockGraph, buildGraph, type GraphBlock, GraphError } from './graph.ts';

function step(label: string, next: string | null = null): GraphBlock {
  return { block_type: 'wait', label, next_block_label: next };
}

function choice(label: string, targets: (string | null)[], next: string | null = null): GraphBlock {
  const branch_conditions = targets.map((target) => ({ next_block_label: target }));
  return { block_type: 'conditional', label, next_block_label: next, branch_conditions };
}

const top = (blocks: GraphBlock[], finallyLabel: string | null = null): BlockGraph =>
  buildGraph(blocks, { place: 'top', version: 2, finallyLabel });
const loop = (blocks: GraphBlock[]): BlockGraph =>
  buildGraph(blocks, { place: 'loop', version: 1, finallyLabel: null });

/** Labels from the root on, the first branch of a list of chosen ones at each conditional. */
function walk(graph: BlockGraph, chosen: Record<string, string | null> = {}): string[] {
  const path: string[] = [];
  for (let at = graph.root; at !== null && path.length < 50; at = graph.next(at, chosen[at])) {
    path.push(at);
  }
  return path;
}

function problemOf(build: () => unknown): GraphError['problem'] {
  try {
    build();
  } catch (error) {
    if (error instanceof GraphError) {
      return error.problem;
    }
    throw error;
  }
  throw new Error('The graph was accepted.');
}

describe('a list of version 1', () => {
  it('runs in list order, whatever the links say, without the finally block', () => {
    const blocks = [step('a'), step('last'), step('b'), step('c')];
    const graph = buildGraph(blocks, { place: 'top', version: 1, finallyLabel: 'last' });
    expect(walk(graph)).toEqual(['a', 'b', 'c']);
  });

  it('has no root when it is empty', () => {
    expect(buildGraph([], { place: 'top', version: 1, finallyLabel: null }).root).toBeNull();
    expect(top([]).root).toBeNull();
  });
});

describe('a graph of version 2', () => {
  it('starts at the only block that nothing points to and follows the links', () => {
    expect(walk(top([step('c'), step('b', 'c'), step('a', 'b')]))).toEqual(['a', 'b', 'c']);
  });

  it('jumps to the target of the chosen branch', () => {
    const graph = top([choice('if', ['yes', 'no']), step('yes'), step('no')]);
    expect(walk(graph, { if: 'yes' })).toEqual(['if', 'yes']);
    expect(walk(graph, { if: 'no' })).toEqual(['if', 'no']);
  });

  it('leads each branch, and a branch without a target, to the merge point', () => {
    const graph = top([choice('if', ['yes', null], 'after'), step('yes'), step('after')]);
    expect(walk(graph, { if: 'yes' })).toEqual(['if', 'yes', 'after']);
    expect(walk(graph, { if: null })).toEqual(['if', 'after']);
    expect(walk(graph)).toEqual(['if', 'after']);
  });

  it('resolves nested merge points, in whatever order they are listed', () => {
    const blocks = [
      choice('outer', ['inner', 'other'], 'end'),
      choice('inner', ['left', 'right']),
      step('left'),
      step('right'),
      step('other'),
      step('end'),
    ];
    for (const list of [blocks, [...blocks].reverse()]) {
      const graph = top(list);
      expect(walk(graph, { outer: 'inner', inner: 'left' })).toEqual([
        'outer',
        'inner',
        'left',
        'end',
      ]);
      expect(walk(graph, { outer: 'inner', inner: null })).toEqual(['outer', 'inner', 'end']);
      expect(walk(graph, { outer: 'other' })).toEqual(['outer', 'other', 'end']);
    }
  });

  it('leaves a branch alone that already leads where the merge point leads', () => {
    const blocks = [choice('if', ['m', 'x', 'z'], 'm'), step('m', 'z'), step('x', 'm'), step('z')];
    const graph = top(blocks);
    expect(walk(graph, { if: 'm' })).toEqual(['if', 'm', 'z']);
    expect(walk(graph, { if: 'x' })).toEqual(['if', 'x', 'm', 'z']);
    expect(walk(graph, { if: 'z' })).toEqual(['if', 'z']);
  });

  it('keeps the finally block out and takes an edge to it as the end', () => {
    const blocks = [step('a', 'if'), choice('if', ['b', 'fin'], 'c'), step('b'), step('c', 'fin')];
    const graph = top([...blocks, step('fin')], 'fin');
    expect(walk(graph, { if: 'b' })).toEqual(['a', 'if', 'b', 'c']);
    expect(walk(graph, { if: 'fin' })).toEqual(['a', 'if']);
  });

  it('names every unknown target of links and branches', () => {
    const build = () => top([step('a', 'x'), choice('if', ['a', 'y'], 'z')]);
    expect(problemOf(build)).toEqual({
      kind: 'unknown_targets',
      targets: [
        { label: 'a', target: 'x' },
        { label: 'if', target: 'z' },
        { label: 'if', target: 'y' },
      ],
    });
    expect(build).toThrow("'a' points to 'x'");
  });

  it('refuses blocks that are not linked', () => {
    expect(problemOf(() => top([step('a', 'b'), step('b'), step('c')]))).toEqual({
      kind: 'several_roots',
      labels: ['a', 'c'],
    });
  });

  it('refuses a circle without a first block', () => {
    const problem = problemOf(() => top([step('a', 'b'), step('b', 'a')]));
    expect(problem.kind).toBe('no_root');
  });

  it('names the blocks of a cycle in order', () => {
    const blocks = [step('a', 'b'), step('b', 'c'), choice('c', ['d', 'b']), step('d')];
    expect(problemOf(() => top(blocks))).toEqual({ kind: 'cycle', labels: ['b', 'c', 'b'] });
  });

  it('refuses a block that points to itself', () => {
    expect(problemOf(() => top([step('a', 'a')]))).toEqual({ kind: 'no_root', labels: ['a', 'a'] });
  });
});

describe('the body of a loop', () => {
  it('continues with the next of the list where there is no link', () => {
    expect(walk(loop([step('a'), step('b'), step('c')]))).toEqual(['a', 'b', 'c']);
    expect(walk(loop([step('a', 'b'), step('b'), step('c')]))).toEqual(['a', 'b', 'c']);
  });

  it('keeps a chain that is complete as written', () => {
    expect(walk(loop([step('b'), step('a', 'b')]))).toEqual(['a', 'b']);
  });

  it('ends the iteration after a branch without a target', () => {
    const graph = loop([choice('if', ['a', null], 'b'), step('a'), step('b')]);
    expect(walk(graph, { if: 'a' })).toEqual(['if', 'a', 'b']);
    expect(walk(graph, { if: null })).toEqual(['if']);
  });

  it('does not link blocks by itself beside a conditional', () => {
    const build = () => loop([choice('if', ['a']), step('a'), step('b')]);
    expect(problemOf(build)).toEqual({ kind: 'several_roots', labels: ['if', 'b'] });
  });

  it('refuses links that stay contradictory when the list order is added', () => {
    expect(problemOf(() => loop([step('a', 'c'), step('b', 'c'), step('c')])).kind).toBe(
      'several_roots',
    );
  });
});

describe('next', () => {
  it('refuses labels that are not in the graph', () => {
    const graph = top([choice('if', ['a']), step('a')]);
    expect(() => graph.next('nowhere')).toThrow(GraphError);
    expect(() => graph.next('if', 'nowhere')).toThrow(GraphError);
  });
});

it('handles long chains of nested conditionals in linear time', () => {
  const count = 50_000;
  const blocks = Array.from({ length: count }, (_, index) =>
    choice(`c${index}`, [index + 1 < count ? `c${index + 1}` : 'leaf'], index === 0 ? 'end' : null),
  );
  const started = performance.now();
  const graph = top([...blocks, step('leaf'), step('end')]);
  expect(performance.now() - started).toBeLessThan(2000);
  expect(graph.next(`c${count - 1}`)).toBe('end');
});

it('ends on links that close circles in every way', () => {
  const blocks = [
    choice('a', ['b', 'a'], 'c'),
    choice('b', ['c'], 'b'),
    choice('c', ['a'], 'a'),
    step('d', 'd'),
  ];
  expect(() => top(blocks)).toThrow(GraphError);
});
