/**
 * Why a template was refused or stopped. `syntax`: it does not parse, or names an unknown filter or test. `undefined`: a
 * missing value was used. `type`: an operation does not fit its values. `limit`: too large or too much work.
 * `forbidden`: the tag needs something that workflow templates do not have.
 */
export type TemplateErrorKind = 'syntax' | 'undefined' | 'type' | 'limit' | 'forbidden';

/** The only error that templates raise; its message is written for the author of the template. */
export class TemplateError extends Error {
  override readonly name = 'TemplateError';
  readonly kind: TemplateErrorKind;

  constructor(kind: TemplateErrorKind, message: string) {
    super(message);
    this.kind = kind;
  }
}

/** A type error, as Python would word it. */
export function typeError(message: string): TemplateError {
  return new TemplateError('type', message);
}
