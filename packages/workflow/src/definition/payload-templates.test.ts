import { expect, it } from 'vitest';
import { payloadProblems } from './payload-templates.ts';

const problems = (payload: unknown, blockType = 'workflow_trigger') =>
  payloadProblems({ block_type: blockType, payload } as never, ['blocks', 0]).map(
    ({ loc, msg }) => `${loc.join('.')} ${msg}`,
  );

it.each(['{{ x ', '{{ x + }}', '{% if %}', '{% for a in b %}'])(
  '%s is refused with its place',
  (text) => {
    const [problem, ...others] = problems({ items: [{ name: text }], fine: '{{ x }}' });
    expect(problem).toMatch(/^blocks\.0\.payload Value error, payload\.items\[0\]\.name: ./);
    expect(others).toEqual([]);
  },
);

it('what is a template, or of another type of block, is none of its business', () => {
  expect(problems({ a: '{{ x }}', b: 1, c: null })).toEqual([]);
  expect(problems(null)).toEqual([]);
  expect(problems({ a: '{{ x ' }, 'code')).toEqual([]);
});
