import { expect, test } from 'vitest';
import { explainExpression } from './explain.ts';

const scope = {
  due: 12,
  name: "O'Hara",
  order: { lines: [{ sku: 'A' }], paid: false },
};

test.each([
  ['due > 0', '12 > 0'],
  ['due>0 and not order.paid', '12>0 and not False'],
  ['order.lines[0].sku == "due"', '\'A\' == "due"'],
  ['order["paid"] is none', 'False is none'],
  ['due is not defined', '12 is not defined'],
  ['name | length > 3', '"O\'Hara" | length > 3'],
  ['range(due) | list', 'range(12) | list'],
  ['missing == none', 'missing == none'],
  ["'due' in name", "'due' in \"O'Hara\""],
])('%s is explained as %s', (expression, explained) => {
  expect(explainExpression(expression, scope)).toBe(explained);
});

test('a giant value is cut', () => {
  expect(explainExpression('x == 1', { x: 'y'.repeat(100_000) })).toHaveLength(64 * 1024);
});
