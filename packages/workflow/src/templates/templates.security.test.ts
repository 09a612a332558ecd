import { expect, test } from 'vitest';
import { evaluateExpression, renderTemplate } from './templates.ts';

const scope = { user: { name: 'Ann' }, list: [1], text: 'x', n: 1 };

test("{{ ''.constructor.constructor('return process')() }} renders nothing", () => {
  expect(renderTemplate("{{ ''.constructor.constructor('return process')() }}", {})).toBe('');
});

test.each([
  "''.__class__.__mro__[1].__subclasses__()",
  "user['constructor']['constructor']('return 1')()",
  "user['__proto__'].polluted",
  "list.constructor.from('abc')",
  'range.constructor',
  'user.items.constructor',
  'constructor.constructor("return 1")()',
  "n | attr('constructor')",
  "[''] | map(attribute='constructor.constructor') | first",
  "'{0.constructor.constructor}'.format(user)",
  'user.get.__globals__',
  'namespace().__init__',
  'cycler(1).constructor',
])('{{ %s }} renders nothing, strictly too', (expression) => {
  expect(renderTemplate(`{{ ${expression} }}`, scope)).toBe('');
  expect(evaluateExpression(`(${expression}) ~ ''`, scope)).toBe('');
});

test.each([
  'user.toString',
  'user.hasOwnProperty',
  "user['valueOf']",
  'list.length',
  'list.map',
  'list.push',
  'text.length',
  'text.at',
  'n.toFixed',
  'toString',
  'globalThis',
  'process',
])('JavaScript members such as %s do not exist', (expression) => {
  expect(evaluateExpression(expression, scope)).toBeUndefined();
});

test('keys of data may have any name', () => {
  const data = JSON.parse('{"constructor":"Acme","__proto__":{"a":1},"prototype":2}');
  expect(
    renderTemplate("{{ d.constructor }} {{ d.prototype }} {{ d['__proto__'].a }}", { d: data }),
  ).toBe('Acme 2 1');
});

test('a dict made by a template cannot change prototypes', () => {
  const made = evaluateExpression("{'__proto__': {'polluted': 1}}", {});
  expect(Object.keys(made as object)).toEqual(['__proto__']);
  expect('polluted' in {}).toBe(false);
});

test('functions that a scope holds by mistake are refused', () => {
  expect(() => renderTemplate('{{ f() }}', { f: () => 'called' })).toThrow('cannot use');
  expect(() => renderTemplate('{{ o.f }}', { o: { f: () => 'called' } })).toThrow('not JSON');
});
