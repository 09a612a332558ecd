import { expect, test } from 'vitest';
import type { JsonValue } from '../json.ts';
import { TemplateError } from './errors.ts';
import { renderJson, renderTemplate } from './templates.ts';

/** Far above what the limits allow on a busy machine, far below what any of these would take without them. */
const PATIENCE = 4_000;

function errorOf(work: () => unknown): TemplateError | null {
  try {
    work();
    return null;
  } catch (error) {
    if (error instanceof TemplateError) return error;
    throw error;
  }
}

function nestedLists(depth: number): JsonValue {
  let value: JsonValue = 1;
  for (let level = 0; level < depth; level += 1) value = [value];
  return value;
}

const BOMBS = [
  "{{ 'x' * 1000000000 }}",
  '{{ [0] * 1000000000 }}',
  '{{ range(10 ** 9) }}',
  '{% for i in range(99999) %}{% for j in range(99999) %}{% endfor %}{% endfor %}',
  '{% for i in range(9999) %}{{ range(99999) | length }}{% endfor %}',
  '{{ 2 ** 100000 }}',
  "{% set x = 'a' * 1000 %}{{ x.replace('a', x).replace('a', x) }}",
  "{{ (['a' * 1000] * 1000) | join('x' * 100000) }}",
  "{{ 'a' | center(1000000000) }}{{ 'a'.ljust(10 ** 12) }}",
  "{{ '%1000000000d' | format(1) }}",
  "{{ '{:1000000000}'.format(1) }}",
  "{{ '%.1000000000f' % 1.5 }}",
  "{{ 'a' | indent(10 ** 12) }}{{ 'a\nb' | indent(10 ** 12) }}",
  '{{ [1] | tojson(10 ** 12) }}',
  '{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}',
  '{% macro m() %}{{ m() }}{{ m() }}{% endmacro %}{{ m() }}',
  '{% for x in [1] recursive %}{{ loop([1]) }}{% endfor %}',
  '{% set l = [] %}{% set _ = l.append(l) %}{{ l }}',
  '{% set l = [1] %}{% for i in range(99) %}{% set _ = l.extend(l) %}{% endfor %}',
  "{% set n = namespace(s='a') %}{% for i in range(99) %}{% set n.s = n.s ~ n.s %}{% endfor %}",
  '{% set n = namespace(s=1) %}{% for i in range(99) %}{% set n.s = [n.s, n.s] %}{% endfor %}{{ n.s }}',
  '{% set n = namespace(s=1) %}{% for i in range(99) %}{% set n.s = (n.s, n.s) %}{% endfor %}{{ {n.s: 1} }}',
  "{{ ('ab' * 400000) | wordwrap(1) }}",
  "{{ ('a' * 500000).count('a' * 250000 ~ 'b') }}",
  "{% set x = '1' * 900000 %}{% for i in range(9999) %}{{ x | float is defined }}{% endfor %}",
  "{% set x = 'ab ' * 90000 %}{% for i in range(9999) %}{{ x | title is defined }}{% endfor %}",
  'x'.repeat(300_000),
  `{{ ${'('.repeat(50_000)}1${')'.repeat(50_000)} }}`,
  `{{ ${'not '.repeat(20_000)}1 }}`,
  `{{ 1${'+1'.repeat(90_000)} }}`,
  '{% if 1 %}'.repeat(15_000),
];

test.each(BOMBS.map((template) => ({ title: template.slice(0, 70), template })))(
  '$title ends at a limit',
  ({ template }) => {
    const start = performance.now();
    expect(errorOf(() => renderTemplate(template, {}))?.kind).toBe('limit');
    expect(performance.now() - start).toBeLessThan(PATIENCE);
  },
);

const LONG = [
  [`{{${' '.repeat(190_000)}}}`, 'syntax'],
  [`a${' '.repeat(190_000)}{%- if 1 %}`, 'syntax'],
  [`${' \n'.repeat(90_000)}{{- 1 }}`, undefined],
  ['{#'.repeat(90_000), 'syntax'],
  [`{% raw %}${'{% endraw'.repeat(20_000)}`, 'syntax'],
] as const;

test.each(
  LONG.map(([template, kind]) => ({
    title: JSON.stringify(template.slice(0, 12)),
    template,
    kind,
  })),
)('the long source $title is read quickly', ({ template, kind }) => {
  const start = performance.now();
  expect(errorOf(() => renderTemplate(template, {}))?.kind).toBe(kind);
  expect(performance.now() - start).toBeLessThan(PATIENCE);
});

test.each(['{{ x }}', '{{ x | tojson }}', '{{ x == y }}', '{{ x | pprint }}'])(
  'values nested too deeply for the engine end %s at a limit',
  (template) => {
    const scope = { x: nestedLists(20_000), y: nestedLists(20_000) };
    expect(errorOf(() => renderTemplate(template, scope))?.kind).toBe('limit');
  },
);

test('all texts of one JSON value share the limits', () => {
  const body = Array.from({ length: 50 }, () => "{{ 'x' * 100000 }}");
  expect(errorOf(() => renderJson(body, {}))?.kind).toBe('limit');
});

test('a caller sets the limits', () => {
  const limits = { maxSteps: 20, maxChars: 10 };
  expect(renderTemplate('{{ 1 + 1 }}', {}, { limits })).toBe('2');
  expect(errorOf(() => renderTemplate("{{ 'x' * 11 }}", {}, { limits }))?.kind).toBe('limit');
  const loop = '{% for i in range(9) %}{{ i }}{% endfor %}';
  expect(errorOf(() => renderTemplate(loop, {}, { limits }))?.kind).toBe('limit');
});
