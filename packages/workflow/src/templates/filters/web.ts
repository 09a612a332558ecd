import { typeError } from '../errors.ts';
import { type Operation, operation } from '../operation.ts';
import type { Runtime } from '../runtime.ts';
import { dictEntries } from '../values/dicts.ts';
import { iterate } from '../values/iterate.ts';
import { jsonText } from '../values/json.ts';
import { prettyText } from '../values/pretty.ts';
import { joined } from '../values/repr.ts';
import { words } from '../values/space.ts';
import { text } from '../values/text.ts';
import { isDict, NativeJson, typeName, Undefined, type Value } from '../values/value.ts';
import { flag } from './given.ts';

type Filter = Operation<Value>;

const HTML: ReadonlyMap<string, string> = new Map([
  ['&', '&amp;'],
  ['<', '&lt;'],
  ['>', '&gt;'],
  ["'", '&#39;'],
  ['"', '&#34;'],
]);

function escapeHtml(rt: Runtime, value: Value): string {
  const shown = text(rt, value);
  rt.budget.chars(shown.length * 2);
  return shown.replace(/[&<>'"]/g, (character) => HTML.get(character) ?? character);
}

const escapeFilter = operation<Value>([], escapeHtml);

/** Entities that `striptags` turns back; others stay as they are. */
const ENTITIES: ReadonlyMap<string, string> = new Map([
  ['amp', '&'],
  ['lt', '<'],
  ['gt', '>'],
  ['quot', '"'],
  ['apos', "'"],
  ['nbsp', '\xa0'],
  ['copy', '©'],
  ['reg', '®'],
  ['trade', '™'],
  ['euro', '€'],
  ['hellip', '…'],
  ['ndash', '–'],
  ['mdash', '—'],
  ['lsquo', '‘'],
  ['rsquo', '’'],
  ['ldquo', '“'],
  ['rdquo', '”'],
  ['laquo', '«'],
  ['raquo', '»'],
  ['middot', '·'],
  ['bull', '•'],
  ['times', '×'],
]);

const striptags = operation<Value>([], (rt, value) => {
  const shown = text(rt, value);
  rt.budget.chars(shown.length * 2);
  const bare = cutBetween(cutBetween(shown, '<!--', '-->'), '<', '>');
  return words(bare.replace(/&(#x[0-9a-f]{1,6}|#\d{1,7}|[a-z]{1,8});/gi, unescapeEntity)).join(' ');
});

/** Removes what stands between two marks, in linear time; an opening mark without a closing one stays. */
function cutBetween(source: string, open: string, close: string): string {
  const parts: string[] = [];
  let at = 0;
  for (;;) {
    const start = source.indexOf(open, at);
    const end = start === -1 ? -1 : source.indexOf(close, start + open.length);
    if (end === -1) break;
    parts.push(source.slice(at, start));
    at = end + close.length;
  }
  return parts.join('') + source.slice(at);
}

function unescapeEntity(whole: string, name: string): string {
  if (!name.startsWith('#')) return ENTITIES.get(name) ?? whole;
  const hex = name[1] === 'x' || name[1] === 'X';
  const code = hex ? Number.parseInt(name.slice(2), 16) : Number.parseInt(name.slice(1), 10);
  return code > 0 && code <= 0x10ffff ? String.fromCodePoint(code) : '\ufffd';
}

const xmlattr = operation<Value>(['autospace?'], (rt, value, [autospace]) => {
  if (!isDict(value)) throw typeError('xmlattr needs a mapping.');
  const parts = dictEntries(value)
    .filter(([, item]) => item !== null && !(item instanceof Undefined))
    .map(([key, item]) => `${attributeName(rt, key)}="${escapeHtml(rt, item)}"`);
  const shown = joined(rt, parts, ' ');
  return shown !== '' && (autospace === undefined || flag(rt, autospace)) ? ` ${shown}` : shown;
});

function attributeName(rt: Runtime, key: Value): string {
  const name = text(rt, key);
  if (/[\s/>=]/.test(name)) throw typeError(`Invalid character in attribute name: ${name}`);
  return escapeHtml(rt, name);
}

/** Python's `urllib.parse.quote`. */
function quoted(rt: Runtime, value: Value, safe: string): string {
  const shown = text(rt, value);
  rt.budget.chars(shown.length * 3);
  const encoded = encodeURIComponent(shown.toWellFormed()).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return safe === '/' ? encoded.replaceAll('%2F', '/') : encoded.replaceAll('%20', '+');
}

const urlencode = operation<Value>([], (rt, value) => {
  const isPlain = typeof value === 'string' || isScalar(value);
  if (isPlain) return quoted(rt, value, '/');
  const pairs = isDict(value)
    ? dictEntries(value)
    : iterate(rt, value).map((pair) => pairOf(rt, pair));
  return joined(
    rt,
    pairs.map(([key, item]) => `${quoted(rt, key, '')}=${quoted(rt, item, '')}`),
    '&',
  );
});

function isScalar(value: Value): boolean {
  return value === null || typeof value !== 'object' || typeName(value) === 'float';
}

function pairOf(rt: Runtime, pair: Value): readonly [Value, Value] {
  const [key, value, ...more] = iterate(rt, pair);
  if (key === undefined || value === undefined || more.length > 0) {
    throw typeError('urlencode needs pairs of a name and a value.');
  }
  return [key, value];
}

const UNSAFE_IN_HTML = /[<>&']/g;

const tojson = operation<Value>(['indent?'], (rt, value, [indent]) => {
  const unit = typeof indent === 'number' || typeof indent === 'string' ? indent : null;
  const json = jsonText(rt, value, { sorted: true, ascii: true, indent: unit });
  return json.replace(
    UNSAFE_IN_HTML,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
});

const native = operation<Value>([], (_, value) => {
  if (value instanceof Undefined && !value.inert) throw value.error();
  return new NativeJson(value);
});

/** Filters that write values for other languages: HTML, URLs, JSON. */
export const WEB_FILTERS: readonly (readonly [string, Filter])[] = [
  ['escape', escapeFilter],
  ['e', escapeFilter],
  ['forceescape', escapeFilter],
  ['safe', operation([], text)],
  ['striptags', striptags],
  ['xmlattr', xmlattr],
  ['urlencode', urlencode],
  ['tojson', tojson],
  ['json', native],
  ['pprint', operation([], (rt, value) => prettyText(rt, value))],
];
