const CASED = /[\p{Lu}\p{Ll}\p{Lt}]/u;
const LOWER = /[\p{Ll}]/u;
const UPPER = /[\p{Lu}\p{Lt}]/u;

/** The first character upper, the others lower. */
export function capitalized(text: string): string {
  const [first = ''] = text;
  return first.toUpperCase() + text.slice(first.length).toLowerCase();
}

/** Python's `str.title`: letters after anything that has no case are upper. */
export function titled(text: string): string {
  let afterCased = false;
  let result = '';
  for (const character of text) {
    result += afterCased ? character.toLowerCase() : character.toUpperCase();
    afterCased = CASED.test(character);
  }
  return result;
}

/** Turns upper to lower case and lower to upper. */
export function swapped(text: string): string {
  return Array.from(text, (character) => {
    if (UPPER.test(character)) return character.toLowerCase();
    return LOWER.test(character) ? character.toUpperCase() : character;
  }).join('');
}

/** Whether a text has letters with case and all of them are upper. */
export function isUpper(text: string): boolean {
  return UPPER.test(text) && !LOWER.test(text);
}

/** Whether a text has letters with case and all of them are lower. */
export function isLower(text: string): boolean {
  return LOWER.test(text) && !UPPER.test(text);
}
