import { type PageFunction, pageFunction } from './wire-values.ts';

/**
 * What to evaluate in the page. A text that is a function is called, as in Playwright for Python; any other text is an
 * expression.
 */
export function evaluable(expression: unknown): PageFunction | string {
  if (typeof expression === 'function') return expression as PageFunction;
  if (typeof expression !== 'string') {
    throw new TypeError('The expression must be a text or a function.');
  }
  return isFunctionSource(expression) ? pageFunction(expression.trim()) : expression;
}

/** Tells `async x => …`, `(a, b) => …` and `function …` from expressions such as `(() => 1)()`. */
export function isFunctionSource(source: string): boolean {
  const text = source.trim().replace(/^async\b\s*/, '');
  if (/^function\b/.test(text)) return !isCalled(text);
  if (/^[\w$]+\s*=>/.test(text)) return true;
  return text.startsWith('(') && /^\s*=>/.test(text.slice(closingParenthesis(text) + 1));
}

/** `function f() {…}` followed by `(…)` is no function any more, but its result. */
function isCalled(text: string): boolean {
  return /\}\s*\([^{}]*\)\s*;?$/.test(text);
}

/** Where the first parenthesis closes; those inside texts do not count. */
function closingParenthesis(text: string): number {
  const tokens = text.matchAll(/"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|`(?:\\.|[^`\\])*`|[()]/gs);
  let depth = 0;
  for (const token of tokens) {
    if (token[0] === '(') depth += 1;
    if (token[0] === ')') depth -= 1;
    if (depth === 0) return token.index;
  }
  return text.length;
}
