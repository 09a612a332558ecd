/** One sample of a text in the exposition format of Prometheus. */
export interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** A text that was read: every line of it fits the format. */
export interface Exposition {
  /** By name of the metric, as its TYPE line says. */
  readonly types: ReadonlyMap<string, string>;
  readonly samples: readonly Sample[];
  /** The value of a sample that has these labels, whatever others it has; undefined without one. */
  value(name: string, labels?: Readonly<Record<string, string>>): number | undefined;
}

const name = '[a-zA-Z_:][a-zA-Z0-9_:]*';
const helpLine = new RegExp(`^# HELP (${name}) (.+)$`);
const typeLine = new RegExp(`^# TYPE (${name}) (counter|gauge|histogram|summary|untyped)$`);
const labelPair = String.raw`([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\[\\"n])*)"`;
const sampleLine = new RegExp(
  String.raw`^(${name})(?:\{((?:${labelPair})(?:,${labelPair})*)?\})? (\S+)$`,
);

function numberOf(text: string): number {
  const special = { '+Inf': Infinity, '-Inf': -Infinity, NaN: Number.NaN }[text];
  const value = special ?? Number(text);
  if (special === undefined && Number.isNaN(value)) throw new Error(`${text} is no number`);
  return value;
}

function labelsOf(text: string): Record<string, string> {
  const pairs = [...text.matchAll(new RegExp(labelPair, 'g'))];
  return Object.fromEntries(pairs.map(([, key = '', value = '']) => [key, value]));
}

/** The metric that a sample belongs to: histograms and summaries have several names. */
function familyOf(sample: string, types: ReadonlyMap<string, string>): string {
  if (types.has(sample)) return sample;
  return sample.replace(/_(bucket|sum|count)$/, '');
}

function sampleOf(line: string, types: ReadonlyMap<string, string>): Sample {
  const match = sampleLine.exec(line);
  if (match === null) throw new Error(`This is no line of an exposition: ${line}`);
  const [, sample = '', labels = ''] = match;
  if (!types.has(familyOf(sample, types))) throw new Error(`${sample} has no type`);
  return { name: sample, labels: labelsOf(labels), value: numberOf(match.at(-1) ?? '') };
}

/** Reads an exposition. @throws on the first line that does not fit the format, or that belongs to nothing. */
export function parseExposition(text: string): Exposition {
  if (!text.endsWith('\n')) throw new Error('The last line does not end');
  const types = new Map<string, string>();
  const samples: Sample[] = [];
  for (const line of text.split('\n').filter((one) => one !== '' && !helpLine.test(one))) {
    const [, typed, type] = typeLine.exec(line) ?? [];
    if (typed === undefined || type === undefined) samples.push(sampleOf(line, types));
    else if (types.has(typed)) throw new Error(`There are two of ${typed}`);
    else types.set(typed, type);
  }
  const fits = (sample: Sample, labels: Readonly<Record<string, string>>) =>
    Object.entries(labels).every(([key, value]) => sample.labels[key] === value);
  return {
    types,
    samples,
    value: (wanted, labels = {}) =>
      samples.find((sample) => sample.name === wanted && fits(sample, labels))?.value,
  };
}
