import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { JsonValue } from '../json.ts';
import { TemplateError } from './errors.ts';
import {
  checkTemplate,
  evaluateExpression,
  pythonText,
  renderJson,
  renderTemplate,
} from './templates.ts';

const LIMITS = { maxSteps: 20_000, maxChars: 20_000 };

/** Pieces that make up templates, put together at random: far more of them parse than of plain random texts. */
const piece = fc.constantFrom(
  ...'{{ }} {% %} {# #} {{- -%} if for in set macro call else endif endfor endset endmacro a b loop x.y | ( ) [ ] { } , : = == < ~ + - * / // % ** not and or is is_not none true 1 2.5 "s" \'t\' upper join( default( map( range(9) .append( .format( .items() defined recursive raw endraw \n'.split(
    ' ',
  ),
);
const source = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 80 }),
  fc.array(piece, { maxLength: 30 }).map((pieces) => pieces.join(' ')),
  fc.array(piece, { maxLength: 15 }).map((pieces) => `{{ ${pieces.join(' ')} }}`),
);
const scope = fc.record({ a: fc.jsonValue(), b: fc.jsonValue(), x: fc.jsonValue() });

function onlyTemplateErrors(work: () => unknown): void {
  try {
    work();
  } catch (error) {
    expect(error).toBeInstanceOf(TemplateError);
  }
}

test('whatever the source, a template gives text or a TemplateError', () => {
  fc.assert(
    fc.property(source, scope, (template, names) => {
      const before = JSON.stringify(names);
      onlyTemplateErrors(() => {
        expect(typeof renderTemplate(template, names, { limits: LIMITS })).toBe('string');
      });
      onlyTemplateErrors(() => evaluateExpression(template, names, { limits: LIMITS }));
      expect(JSON.stringify(names)).toBe(before);
    }),
    { numRuns: 2_000 },
  );
});

test('what is checked as good can fail only while rendering', () => {
  fc.assert(
    fc.property(source, (template) => {
      if (checkTemplate(template) !== null) return;
      onlyTemplateErrors(() => renderTemplate(template, {}, { limits: LIMITS }));
    }),
    { numRuns: 500 },
  );
});

test('text without braces renders as itself, but for line ends', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      fc.pre(!/\{[{%#]/.test(text));
      expect(renderTemplate(text, {})).toBe(text.replace(/\r\n?/g, '\n').replace(/\n$/, ''));
    }),
  );
});

test('any JSON comes through | json as it was', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const same: unknown = renderJson('{{ v | json }}', { v: value });
      expect(JSON.stringify(same)).toBe(JSON.stringify(value));
      expect(typeof pythonText(value as JsonValue)).toBe('string');
    }),
  );
});
