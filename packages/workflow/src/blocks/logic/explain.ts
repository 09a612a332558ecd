import type { JsonValue } from '../../json.ts';
import { TemplateError } from '../../templates/errors.ts';
import { evaluateExpression, pythonRepr } from '../../templates/templates.ts';

const token =
  /'(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*"|[\p{L}_][\p{L}\p{N}_]*(?:\.[\p{L}_][\p{L}\p{N}_]*|\[(?:\d+|'[^']*'|"[^"]*")\])*|\d[\d.]*|\s+|./gsu;
const keywords = new Set(
  'and or not in is if else true false none True False None loop'.split(' '),
);
const maxCharacters = 64 * 1024;

/** A condition with its variables replaced by their values, for people to read: `due > 0` becomes `12 > 0`. */
export function explainExpression(
  expression: string,
  scope: Readonly<Record<string, unknown>>,
): string {
  const tokens = expression.match(token) ?? [];
  let before = '';
  let explained = '';
  tokens.forEach((text, index) => {
    const after = tokens.slice(index + 1).find((next) => next.trim() !== '');
    const isName = /^[\p{L}_]/u.test(text) && !keywords.has(text);
    const isVariable = isName && after !== '(' && before !== '|' && before !== 'is';
    explained += (isVariable ? valueText(text, scope) : null) ?? text;
    before = text.trim() === '' || text === 'not' ? before : text;
  });
  return explained.slice(0, maxCharacters);
}

/** Null when the name has no value: the condition then shows the name. */
function valueText(path: string, scope: Readonly<Record<string, unknown>>): string | null {
  let value: JsonValue | undefined;
  try {
    value = evaluateExpression(path, scope);
  } catch (error) {
    if (error instanceof TemplateError) {
      return null;
    }
    throw error;
  }
  return value === undefined ? null : pythonRepr(value);
}
