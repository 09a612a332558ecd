import { renderTemplate } from '../../templates/templates.ts';

/** A comment, or a string that may hold a `#`. A string that does not end is taken as text. */
const commentOrString =
  /#[^\n]*|'''(?:\\.|[^\\])*?'''|"""(?:\\.|[^\\])*?"""|'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"/gsu;
/** Private-use characters stand in for a comment while the rest is rendered. */
const standIn = (index: number) => `\u{F0000}${index}\u{F0001}`;
const standIns = /\u{F0000}(\d+)\u{F0001}/gu;

/**
 * Python source with its templates rendered; those in comments are left alone (blocks.md §3.5).
 * @throws TemplateError
 */
export function renderPython(source: string, scope: Readonly<Record<string, unknown>>): string {
  const comments: string[] = [];
  const withoutComments = source.replace(commentOrString, (found) => {
    if (!found.startsWith('#')) {
      return found;
    }
    comments.push(found);
    return standIn(comments.length - 1);
  });
  const rendered = renderTemplate(withoutComments, scope);
  return rendered.replace(standIns, (_, index: string) => comments[Number(index)] ?? '');
}
