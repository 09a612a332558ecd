import { expect, test } from 'vitest';
import type { TemplateErrorKind } from './errors.ts';
import {
  checkTemplate,
  evaluateExpression,
  pythonRepr,
  pythonText,
  renderJson,
  renderTemplate,
  templateVariables,
} from './templates.ts';

const kind = (wanted: TemplateErrorKind) => expect.objectContaining({ kind: wanted });

test('a template changes copies, never the values of its scope', () => {
  const scope = { list: [1], user: { tags: ['a'] } };
  const template =
    "{% set _ = list.append(2) %}{% set _ = user.tags.append('b') %}{% set _ = user.update(x=1) %}{{ list }}{{ user }}";
  expect(renderTemplate(template, scope)).toBe("[1, 2]{'tags': ['a', 'b'], 'x': 1}");
  expect(scope).toEqual({ list: [1], user: { tags: ['a'] } });
});

test('an undefined name prints nothing; what is asked of it raises', () => {
  expect(renderTemplate('[{{ missing }}]', {})).toBe('[]');
  expect(() => renderTemplate('{{ missing.part }}', {})).toThrow(kind('undefined'));
  expect(() => renderTemplate('{{ user.a.b }}', { user: {} })).toThrow("no attribute 'a'");
});

test('strict templates name all variables that are missing', () => {
  const strict = { strict: true };
  expect(() => renderTemplate('{{ a }}{{ b | d(1) }}{{ c }}', { c: 1 }, strict)).toThrow(
    'missing variables: a, b',
  );
  expect(() => renderTemplate('{{ u.x }}', { u: {} }, strict)).toThrow(kind('undefined'));
  expect(() => renderTemplate('{% if u.x %}{% endif %}', { u: {} }, strict)).toThrow(
    kind('undefined'),
  );
  expect(renderTemplate("{{ u.x | default('d') }}{% set y = 1 %}{{ y }}", { u: {} }, strict)).toBe(
    'd1',
  );
});

test('objects, booleans and null print as JSON where that is wanted', () => {
  const scope = { o: { a: [1, null, true] } };
  const template = '{{ o }} {{ o.a[2] }} {{ o.a[1] }} {{ (1, none) }}';
  expect(renderTemplate(template, scope, { objects: 'json' })).toBe(
    '{"a": [1, null, true]} true null [1, null]',
  );
});

test.each([
  ['{{ a.b > 1 }}', true],
  ['a.b > 1', true],
  [' {{ a }} ', { b: 2 }],
  ['[a.b, 1.0, (1, 2)]', [2, 1, [1, 2]]],
  ['range(3)', [0, 1, 2]],
  ["list | map('upper')", ['X']],
  ['{1: a}', { '1': { b: 2 } }],
  ['nothing', null],
  ['a.missing', undefined],
  ['missing', undefined],
  ['a | json', { b: 2 }],
])('the expression %s has the value %j', (expression, value) => {
  expect(evaluateExpression(expression, { a: { b: 2 }, list: ['x'], nothing: null })).toEqual(
    value,
  );
});

test.each([
  ['a b', 'syntax'],
  ['{{ a }} {{ b }}', 'syntax'],
  ['', 'syntax'],
  ['missing.x', 'undefined'],
  ['[missing]', 'undefined'],
  ['range', 'type'],
  ['1e400', 'type'],
] as const)('the expression %j is an error of kind %s', (expression, wanted) => {
  expect(() => evaluateExpression(expression, {})).toThrow(kind(wanted));
});

test('a text that is one output with | json becomes the value', () => {
  const scope = { n: 3, who: 'Ann', o: { k: [1, null] }, key: 'name' };
  const body = {
    count: '{{ n | json }}',
    who: '{{ who }}',
    deep: [{ x: ' {{ o | json }}\n' }],
    text: '{{ n }}',
    same: 7,
    none: null,
    choice: "{{ n | json if n > 1 else 'few' }}",
  };
  expect(renderJson(body, scope)).toEqual({
    count: 3,
    who: 'Ann',
    deep: [{ x: { k: [1, null] } }],
    text: '3',
    same: 7,
    none: null,
    choice: 3,
  });
});

test('keys are rendered on demand', () => {
  expect(renderJson({ '{{ key }}': '{{ 1 }}' }, { key: 'a' }, { keys: true })).toEqual({ a: '1' });
  expect(renderJson({ '{{ key }}': '{{ 1 }}' }, { key: 'a' })).toEqual({ '{{ key }}': '1' });
  expect(() => renderJson({ '{{ 1 | json }}': 1 }, {}, { keys: true })).toThrow(kind('type'));
});

test.each(['n: {{ n | json }}', '{{ n | json }}{{ n }}', '{{ n | json ~ 1 }}', '{{ [n | json] }}'])(
  '| json in %s raises',
  (text) => {
    expect(() => renderJson(text, { n: 3 })).toThrow('must be the last filter');
  },
);

test('| json of a missing value raises', () => {
  expect(() => renderJson('{{ missing | json }}', {})).toThrow(kind('undefined'));
});

test('a template is checked without being rendered', () => {
  expect(checkTemplate('{{ a.b | upper }}')).toBeNull();
  expect(checkTemplate('{{ a')).toMatchObject({ kind: 'syntax' });
  expect(checkTemplate('a\nb {{ x | nope }}')?.message).toBe('No filter named "nope" (line 2).');
  expect(checkTemplate("{% include 'x' %}")).toMatchObject({ kind: 'forbidden' });
});

test('the variables of a template are those it does not set', () => {
  const template =
    '{% set x = a %}{{ x }}{% for i in items %}{{ i.name }}{{ loop.index }}{{ b }}{% endfor %}{{ i }}{{ range(n) }}{% macro m(p) %}{{ p }}{{ q }}{% endmacro %}{{ m(1) }}';
  expect([...templateVariables(template)].sort()).toEqual(['a', 'b', 'i', 'items', 'n', 'q']);
});

test('JSON has the texts that Python gives it', () => {
  const value = { a: [1, 1.5, true, null, "it's"], b: {}, c: 1e21 };
  expect(pythonText(value)).toBe(
    `{'a': [1, 1.5, True, None, "it's"], 'b': {}, 'c': 1000000000000000000000}`,
  );
  expect(pythonText('a')).toBe('a');
  expect(pythonRepr('a')).toBe("'a'");
  expect(pythonText(null)).toBe('None');
  expect(pythonText('x'.repeat(2_000_000))).toHaveLength(2_000_000);
});
