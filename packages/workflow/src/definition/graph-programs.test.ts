import fc from 'fast-check';
import { expect, it } from 'vitest';
import { buildGraph, type GraphBlock } from './graph.ts';

/** A program as a programmer would write it: steps, and choices between lists of steps that meet again. */
type Statement = 'step' | readonly (readonly Statement[])[];
type Program = readonly Statement[];

const { program } = fc.letrec<{ program: Program; statement: Statement }>((tie) => ({
  program: fc.array(tie('statement'), { maxLength: 4 }),
  statement: fc.oneof(
    { depthSize: 'medium', withCrossShrink: true },
    fc.constant<Statement>('step'),
    fc.array(tie('program'), { minLength: 1, maxLength: 3 }),
  ),
}));

/** The blocks of a program, and its path when each choice takes the branch that `pick` says. */
function compile(source: Program, pick: (branches: number) => number) {
  const blocks: GraphBlock[] = [];
  const chosen = new Map<string, string | null>();
  const emit = (list: Program, taken: boolean): { first: string | null; path: string[] } => {
    const labels = list.map((_, index) => `b${blocks.length}_${index}`);
    const path: string[] = [];
    const made = list.map((statement, index): GraphBlock => {
      const label = labels[index] ?? '';
      const next_block_label = labels[index + 1] ?? null;
      if (taken) {
        path.push(label);
      }
      if (statement === 'step') {
        return { block_type: 'wait', label, next_block_label };
      }
      const picked = pick(statement.length);
      blocks.push({ block_type: 'placeholder', label: `p${blocks.length}` });
      const branches = statement.map((branch, at) => emit(branch, taken && at === picked));
      chosen.set(label, branches[picked]?.first ?? null);
      path.push(...branches.flatMap((branch) => branch.path));
      const branch_conditions = branches.map(({ first }) => ({ next_block_label: first }));
      return { block_type: 'conditional', label, next_block_label, branch_conditions };
    });
    blocks.push(...made);
    return { first: labels[0] ?? null, path };
  };
  const { path } = emit(source, true);
  return { blocks: blocks.filter(({ block_type: type }) => type !== 'placeholder'), chosen, path };
}

it('walks any program of steps and choices as it is written', () => {
  fc.assert(
    fc.property(program, fc.infiniteStream(fc.nat(2)), (source, picks) => {
      const picked = picks[Symbol.iterator]();
      const pick = (branches: number) => Number(picked.next().value) % branches;
      const { blocks, chosen, path } = compile(source, pick);
      const graph = buildGraph(blocks, { place: 'top', version: 2, finallyLabel: null });
      const walked: string[] = [];
      for (let at = graph.root; at !== null && walked.length <= blocks.length; ) {
        walked.push(at);
        at = graph.next(at, chosen.get(at));
      }
      expect(walked).toEqual(path);
    }),
    { numRuns: 500 },
  );
});
