import type { JsonValue } from '../json.ts';
import { remember } from './cache.ts';
import { TemplateError } from './errors.ts';
import { evaluate } from './evaluate/expressions.ts';
import { ChangeRequested, hasName, Rendering, type Settings } from './evaluate/rendering.ts';
import { loneOutput, render } from './evaluate/statements.ts';
import { GLOBALS } from './globals.ts';
import { Budget, DEFAULT_LIMITS, type TemplateLimits } from './limits.ts';
import type { Expression, Statement } from './syntax/ast.ts';
import { undeclaredNames } from './syntax/names.ts';
import { parseLoneExpression, parseTemplate } from './syntax/statements.ts';
import { toJson } from './values/json.ts';
import { repr } from './values/repr.ts';
import { text } from './values/text.ts';
import { NativeJson, Undefined, type Value } from './values/value.ts';

/** Names that a template may read. Their values are JSON and are never changed. */
export type TemplateScope = Readonly<Record<string, unknown>>;

export interface TemplateOptions {
  /** Whether names that the scope lacks, and missing values that are used, raise. */
  readonly strict?: boolean;
  /** How lists, dicts, booleans and null print: as Python's repr (the default) or as JSON. */
  readonly objects?: 'python' | 'json';
  /** Whether a printed null is empty text, and printing a value that is not there raises (blocks.md §3.3). */
  readonly cells?: boolean;
  readonly limits?: TemplateLimits;
}

interface Parsed<T> {
  readonly content: T;
  /** Names read but not set by the template. */
  readonly names: ReadonlySet<string>;
}

const CACHE = { entries: 500, characters: 2_000_000 };
const NO_NAMES: ReadonlySet<string> = new Set();

const parsed = remember((source): Parsed<readonly Statement[]> => {
  const content = parseTemplate(source);
  return { content, names: undeclaredNames(content, NO_NAMES) };
}, CACHE);

const parsedExpression = remember((source): Parsed<Expression> => {
  const content = parseLoneExpression(source);
  const names = undeclaredNames([{ type: 'output', value: content }], NO_NAMES);
  return { content, names };
}, CACHE);

/** Runs work on templates. Nesting too deep for the engine, which only absurd values and sources reach, is a limit too. */
function guarded<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new TemplateError(
      'limit',
      'The template or a value in it is too large or nested too deeply.',
    );
  }
}

function toSettings(options: TemplateOptions, nativeJson = false): Settings {
  const { strict = false, objects = 'python', cells = false, limits = DEFAULT_LIMITS } = options;
  return { strict, objects, cells, nativeJson, budget: new Budget(limits) };
}

/** Runs one template; if it changes values, once more from the start, on a copy of the scope. */
function inRendering<T>(
  scope: TemplateScope,
  settings: Settings,
  work: (rendering: Rendering) => T,
): T {
  try {
    return work(new Rendering(scope, settings, { changeable: false }));
  } catch (error) {
    if (!(error instanceof ChangeRequested)) throw error;
    return work(new Rendering(scope, settings, { changeable: true }));
  }
}

function checkNames({ names }: Parsed<unknown>, scope: TemplateScope, settings: Settings): void {
  if (!settings.strict) return;
  const missing = [...names].filter((name) => !hasName(scope, name) && !GLOBALS.has(name));
  if (missing.length > 0) {
    throw new TemplateError(
      'undefined',
      `The template has missing variables: ${missing.join(', ')}.`,
    );
  }
}

/**
 * The text of a template, as Jinja2's sandbox prints it.
 * @throws TemplateError
 */
export function renderTemplate(
  source: string,
  scope: TemplateScope,
  options: TemplateOptions = {},
): string {
  return guarded(() => {
    const settings = toSettings(options);
    const template = parsed(source);
    checkNames(template, scope, settings);
    return inRendering(scope, settings, (rt) => render({ rt, scope: rt.scope }, template.content));
  });
}

/**
 * The value of an expression, written with or without one pair of braces; undefined when it has none.
 * @throws TemplateError
 */
export function evaluateExpression(
  expression: string,
  scope: TemplateScope,
  options: TemplateOptions = {},
): JsonValue | undefined {
  return guarded(() => {
    const settings = toSettings(options);
    const { content, names } = parsedExpression(expression);
    checkNames({ content, names }, scope, settings);
    return inRendering(scope, settings, (rt) => {
      const value = evaluate({ rt, scope: rt.scope }, content);
      return value instanceof Undefined ? undefined : toJson(rt, value);
    });
  });
}

/**
 * JSON with its texts rendered, and with `keys` the keys of its objects. A text that is one `{{ … | json }}` becomes the
 * value itself; `| json` beside other text raises.
 * @throws TemplateError
 */
export function renderJson(
  value: JsonValue,
  scope: TemplateScope,
  options: TemplateOptions & { readonly keys?: boolean } = {},
): JsonValue {
  const settings = toSettings(options, true);
  const renderText = (source: string) => renderNative(source, scope, settings);
  const renderKey = (key: string) => {
    if (options.keys !== true) return key;
    const rendered = renderText(key);
    if (typeof rendered === 'string') return rendered;
    throw new TemplateError('type', `The key "${key}" must give text.`);
  };
  const walk = (part: JsonValue): JsonValue => {
    if (typeof part === 'string') return renderText(part);
    if (typeof part !== 'object' || part === null) return part;
    if (isArray(part)) return part.map(walk);
    return Object.fromEntries(
      Object.entries(part).map(([key, item]) => [renderKey(key), walk(item)]),
    );
  };
  return guarded(() => walk(value));
}

function isArray(value: JsonValue): value is readonly JsonValue[] {
  return Array.isArray(value);
}

function renderNative(source: string, scope: TemplateScope, settings: Settings): JsonValue {
  const template = parsed(source);
  checkNames(template, scope, settings);
  const lone = loneOutput(template.content);
  return inRendering(scope, settings, (rt) => {
    const frame = { rt, scope: rt.scope };
    if (lone === undefined) return render(frame, template.content);
    const value = evaluate(frame, lone.value);
    if (value instanceof NativeJson) return toJson(rt, value);
    const output: Statement = { type: 'output', value: { type: 'constant', value } };
    return render(
      frame,
      template.content.map((part) => (part === lone ? output : part)),
    );
  });
}

/** What is wrong with a template's source; null when nothing is. */
export function checkTemplate(source: string): TemplateError | null {
  try {
    guarded(() => parsed(source));
    return null;
  } catch (error) {
    if (error instanceof TemplateError) return error;
    throw error;
  }
}

/**
 * Names that a template reads and does not set itself, Jinja's own functions left out.
 * @public
 * @throws TemplateError
 */
export function templateVariables(source: string): ReadonlySet<string> {
  const { names } = guarded(() => parsed(source));
  return new Set([...names].filter((name) => !GLOBALS.has(name)));
}

function python(value: JsonValue, print: (rt: Rendering, value: Value) => string): string {
  const limits = { maxSteps: Number.POSITIVE_INFINITY, maxChars: Number.POSITIVE_INFINITY };
  const rendering = new Rendering({}, toSettings({ limits }), { changeable: false });
  return guarded(() => print(rendering, value));
}

/** Python's `str()` of a value. */
export function pythonText(value: JsonValue): string {
  return python(value, text);
}

/** Python's `repr()` of a value. */
export function pythonRepr(value: JsonValue): string {
  return python(value, repr);
}
