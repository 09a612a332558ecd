import { expect, test } from 'vitest';
import { TemplateError } from './errors.ts';
import fixture from './fixtures/cases.json' with { type: 'json' };
import expected from './fixtures/expected.json' with { type: 'json' };
import { renderTemplate, type TemplateScope } from './templates.ts';

/** What a template gives: its text, or the kind of its error. */
type Result = { readonly output?: string; readonly error?: string };

interface Case {
  readonly template: string;
  /** What Lapwing gives where it does not do as Jinja2, with the reason. */
  readonly ours?: Result;
  readonly differs?: string;
}

const scope: TemplateScope = fixture.scope;
const cases: readonly Case[] = fixture.cases;
const answers: readonly Result[] = expected;

function resultOf(template: string): Result {
  try {
    return { output: renderTemplate(template, scope) };
  } catch (error) {
    if (error instanceof TemplateError) return { error: error.kind };
    throw error;
  }
}

test('every case has the answer of Jinja2', () => {
  expect(answers).toHaveLength(cases.length);
  expect(cases.length).toBeGreaterThan(300);
});

test.each(cases.map(({ template, ours }, index) => ({ template, ours, jinja: answers[index] })))(
  'renders $template',
  ({ template, ours, jinja }) => {
    expect(resultOf(template)).toEqual(ours ?? jinja);
  },
);

test.each(
  cases.flatMap(({ template, ours, differs }, index) =>
    ours ? [{ template, ours, differs, jinja: answers[index] }] : [],
  ),
)('differs from Jinja2 for a reason: $template', ({ ours, differs, jinja }) => {
  expect(differs).toBeTruthy();
  expect(ours).not.toEqual(jinja);
});
