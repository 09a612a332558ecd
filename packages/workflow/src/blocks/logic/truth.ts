import type { JsonValue } from '../../json.ts';
import { evaluateExpression, renderTemplate } from '../../templates/templates.ts';

const falseTexts = new Set(['', 'false', '0', 'no', 'n', 'off', 'null', 'none']);

/**
 * What a value means as a condition. Texts go by blocks.md §4.5: `no`, `off`, `0.0` are false, other words are true.
 * Empty lists and objects are false.
 */
export function isTrue(value: JsonValue | undefined): boolean {
  if (typeof value === 'string') {
    const text = value.trim().toLowerCase();
    return !falseTexts.has(text) && Number(text) !== 0;
  }
  if (typeof value === 'object' && value !== null) {
    return Object.keys(value).length > 0;
  }
  return Boolean(value);
}

/** The inside of a text that is one `{{ … }}` and nothing else; null for other texts. */
export function wholeExpression(text: string): string | null {
  const trimmed = text.trim();
  const isWhole =
    trimmed.startsWith('{{') && trimmed.endsWith('}}') && trimmed.split('{{').length === 2;
  return isWhole ? trimmed.slice(2, -2).trim() : null;
}

/**
 * The truth of a Jinja condition: an expression, with braces or without, or a template whose text is judged.
 * @throws TemplateError
 */
export function isConditionTrue(
  condition: string,
  scope: Readonly<Record<string, unknown>>,
): boolean {
  const expression = wholeExpression(condition);
  if (expression === null && /\{\{|\{%/.test(condition)) {
    return isTrue(renderTemplate(condition, scope));
  }
  return isTrue(evaluateExpression(expression ?? condition.trim(), scope));
}
