/** Characters to compare at most: names times template text. Keeps a hostile document from taking minutes. */
const mostWork = 300_000_000;

/** Rewrites names in templates. */
export interface NameRewriter {
  /** Replaces names within the `{{ … }}` and `{% … %}` of a text. */
  inTemplate(text: string): string;
  /** Replaces names in a text that is an expression even without braces. */
  inExpression(text: string): string;
}

/**
 * Rewrites whole names only: no parts of longer names, no attributes after a dot, nothing in quotes. A name without a
 * letter (`1`, `-`) is left alone, since it would be a number or an operator.
 * @throws RangeError when names and text are so large that the work would take too long; nothing is rewritten then.
 */
export function nameRewriter(renamings: ReadonlyMap<string, string>): NameRewriter {
  const names = [...renamings.keys()].filter((name) => /[\p{L}_]/u.test(name));
  const pattern = patternOf(names);
  let work = 0;
  const replace = (expression: string): string => {
    work += names.length * expression.length;
    if (work > mostWork) {
      throw new RangeError('Too many names and too much template text to rewrite.');
    }
    return expression.replace(pattern, (found) => renamings.get(found) ?? found);
  };
  const inTemplate = (text: string) =>
    templateParts(text)
      .map((part) => (part.isCode ? replace(part.text) : part.text))
      .join('');
  return {
    inTemplate,
    inExpression: (text) => (/\{\{|\{%/.test(text) ? inTemplate(text) : replace(text)),
  };
}

function patternOf(names: readonly string[]): RegExp {
  const literal = `"[^"]*"|'[^']*'`;
  const longestFirst = [...names].sort((a, b) => b.length - a.length).map(escapeForPattern);
  const name = `(?<![\\p{L}\\p{N}_.])(?:${longestFirst.join('|')})(?![\\p{L}\\p{N}_])`;
  return new RegExp(names.length === 0 ? literal : `${literal}|${name}`, 'gu');
}

function escapeForPattern(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
}

interface Part {
  readonly text: string;
  readonly isCode: boolean;
}

/** Cuts a text into code (`{{ … }}`, `{% … %}`) and what is between; an unclosed tag is no code. */
function templateParts(text: string): readonly Part[] {
  const parts: Part[] = [];
  const opening = /\{\{|\{%/g;
  let from = 0;
  for (let found = opening.exec(text); found !== null; found = opening.exec(text)) {
    const closing = found[0] === '{{' ? '}}' : '%}';
    const end = text.indexOf(closing, found.index + 2);
    if (end === -1) {
      break;
    }
    parts.push({ text: text.slice(from, found.index), isCode: false });
    from = end + 2;
    parts.push({ text: text.slice(found.index, from), isCode: true });
    opening.lastIndex = from;
  }
  return [...parts, { text: text.slice(from), isCode: false }];
}
