import { expect, test } from 'vitest';
import { renderPython } from './template.ts';

test.each([
  ['x = {{ n }}', 'x = 3'],
  ['x = {{ n }}  # {{ n }} {% if %}', 'x = 3  # {{ n }} {% if %}'],
  ['page.locator("#id {{ n }}")', 'page.locator("#id 3")'],
  ["x = '''a\n# {{ n }}\n'''", "x = '''a\n# 3\n'''"],
  ["x = 'it\\'s # {{ n }}'", "x = 'it\\'s # 3'"],
  ['d = {# a comment\n1: 2}', 'd = {# a comment\n1: 2}'],
  [
    '{% for i in [1, 2] %}f({{ i }})  # {{ i }}\n{% endfor %}',
    'f(1)  # {{ i }}\nf(2)  # {{ i }}\n',
  ],
  ["don't = 1 # {{ n }}", "don't = 1 # {{ n }}"],
])('%j becomes %j', (source, rendered) => {
  expect(renderPython(source, { n: 3 })).toBe(rendered);
});
