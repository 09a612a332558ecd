import { expect, test } from 'vitest';
import { isConditionTrue, isTrue, wholeExpression } from './truth.ts';

test.each([
  '',
  '  ',
  'false',
  'FALSE',
  '0',
  'no',
  'N',
  'off',
  'null',
  'None',
  '0.0',
  ' 00 ',
  0,
  false,
  null,
  undefined,
  [],
  {},
])('%j is false', (value) => {
  expect(isTrue(value)).toBe(false);
});

test.each([
  'true',
  '1',
  'yes',
  'y',
  'on',
  '2.5',
  '-1',
  'anything',
  'nope',
  7,
  true,
  [0],
  { a: null },
])('%j is true', (value) => {
  expect(isTrue(value)).toBe(true);
});

test.each([
  ['{{ a }}', 'a'],
  [' {{a > 1}} ', 'a > 1'],
  ['a > 1', null],
  ['{{ a }} {{ b }}', null],
  ['x {{ a }}', null],
])('the expression of %j is %j', (text, expression) => {
  expect(wholeExpression(text)).toBe(expression);
});

test.each([
  ['{{ n > 1 }}', true],
  ['n > 5', false],
  ['{% if n > 1 %}yes{% else %}no{% endif %}', true],
  ['{{ n }}{{ n }}', true],
  ['missing', false],
])('the condition %j is %s', (condition, expected) => {
  expect(isConditionTrue(condition, { n: 2 })).toBe(expected);
});
