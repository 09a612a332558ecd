import { parseArgs } from 'node:util';

/** Numbers of the command line, `--name value`; those that are not given are as in `defaults`. */
export function numbers<Name extends string>(
  defaults: Readonly<Record<Name, number>>,
): Readonly<Record<Name, number>> {
  const names = Object.keys(defaults) as Name[];
  const options = Object.fromEntries(names.map((name) => [name, { type: 'string' as const }]));
  const { values } = parseArgs({ args: process.argv.slice(3), options });
  const read = (name: Name): number => {
    const given = values[name];
    const number = given === undefined ? defaults[name] : Number(given);
    if (!Number.isInteger(number) || number < 0)
      throw new Error(`--${name} ${given} is no whole number from 0 on`);
    return number;
  };
  return Object.fromEntries(names.map((name) => [name, read(name)])) as Record<Name, number>;
}
