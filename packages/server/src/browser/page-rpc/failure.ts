const maxLength = 2000;
const ansi = new RegExp(`${String.fromCharCode(27)}\\[[0-9;]*m`, 'g');

/**
 * An exception as user code sees it: the class name, and Playwright's message without colours and without its call log,
 * of which only the first line, what was waited for, is kept.
 */
export function userFailure(error: unknown): Error {
  const { name, message } = error instanceof Error ? error : new Error(String(error));
  const [what = '', log = ''] = message.replace(ansi, '').split('Call log:\n');
  const waited = /- (.+)/.exec(log)?.[1];
  const full = waited === undefined ? what.trim() : `${what.trim()} (${waited.trim()})`;
  const failure = new Error(full.slice(0, maxLength));
  // Other classes, ours and Playwright's own, mean nothing to user code.
  if (name === 'TimeoutError' || name === 'TypeError' || name === 'Terminated') {
    failure.name = name;
  }
  return failure;
}
