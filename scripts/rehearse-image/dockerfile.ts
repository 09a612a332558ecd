/** One instruction of a Dockerfile: `COPY a b` has the keyword `COPY` and the text `a b`. */
export interface Instruction {
  readonly keyword: string;
  readonly text: string;
}

/** What stands between one FROM and the next. */
export interface Stage {
  /** Its name behind AS, else its number. */
  readonly name: string;
  /** An image, or the name of a stage above. */
  readonly from: string;
  readonly instructions: readonly Instruction[];
}

/** What an image says of the containers that are made of it. */
export interface ImageConfig {
  readonly env: Readonly<Record<string, string>>;
  readonly user: string;
  readonly ports: readonly number[];
  readonly volumes: readonly string[];
  readonly entrypoint: readonly string[];
  readonly command: readonly string[];
  readonly healthcheck: readonly string[];
  readonly stopSignal: string;
}

/** Reads the part of the language that our Dockerfile uses: no heredocs, no ARG, no ONBUILD. */
export function parseDockerfile(text: string): Stage[] {
  const lines = text.split('\n').filter((line) => line.trim() !== '' && !/^\s*#/.test(line));
  const whole = lines
    .join('\n')
    .replaceAll(/\\\n\s*/g, '')
    .split('\n');
  const stages: { name: string; from: string; instructions: Instruction[] }[] = [];
  for (const line of whole) {
    const [, keyword = '', rest = ''] = /^\s*(\w+)\s+(.*)$/.exec(line) ?? [];
    if (keyword === 'FROM') {
      const [from = '', , name = String(stages.length)] = rest.split(/\s+/);
      stages.push({ name, from, instructions: [] });
    } else stages.at(-1)?.instructions.push({ keyword, text: rest.trim() });
  }
  return stages;
}

/** The words of an instruction, in its JSON form or its plain one. */
export function wordsOf(text: string): string[] {
  return text.startsWith('[') ? JSON.parse(text) : text.split(/\s+/);
}

/** `A=1 B=2` */
function variablesOf(text: string): Record<string, string> {
  const pairs = [...text.matchAll(/(\w+)=("[^"]*"|\S*)/g)];
  return Object.fromEntries(
    pairs.map(([, name = '', value = '']) => [name, value.replaceAll('"', '')]),
  );
}

/** `--from=x a b`: the files of a COPY, where they come from, and where they go. */
export function copyOf(text: string): {
  readonly from: string | null;
  readonly sources: readonly string[];
  readonly target: string;
} {
  const words = wordsOf(text);
  const options = words.filter((word) => word.startsWith('--'));
  const from = options.find((word) => word.startsWith('--from='))?.slice('--from='.length) ?? null;
  if (options.length > (from === null ? 0 : 1))
    throw new Error(`COPY has an option that is not known here: ${text}`);
  const paths = words.filter((word) => !word.startsWith('--'));
  return { from, sources: paths.slice(0, -1), target: paths.at(-1) ?? '' };
}

/** What the last stage says of its containers. */
export function configOf(stages: readonly Stage[]): ImageConfig {
  const instructions = stages.at(-1)?.instructions ?? [];
  const all = (keyword: string) =>
    instructions.filter((instruction) => instruction.keyword === keyword).map(({ text }) => text);
  const last = (keyword: string) => all(keyword).at(-1) ?? '';
  return {
    env: Object.assign({}, ...all('ENV').map(variablesOf)),
    user: last('USER'),
    ports: wordsOf(last('EXPOSE')).map(Number),
    volumes: all('VOLUME').flatMap(wordsOf),
    entrypoint: wordsOf(last('ENTRYPOINT')),
    command: wordsOf(last('CMD')),
    healthcheck: wordsOf(last('HEALTHCHECK').split(' CMD ')[1] ?? ''),
    stopSignal: last('STOPSIGNAL'),
  };
}
