import { readFileSync } from 'node:fs';
import { type BlockOutput, blockOutputs } from '../../packages/workflow/src/examples/outputs.ts';
import { type BlockType, blockTypes } from '../../packages/workflow/src/index.ts';
import { blockIntroduction } from './block-introduction.ts';
import { fieldTable } from './field-table.ts';

const examples = new URL('../../packages/workflow/src/examples/', import.meta.url);

/** `docs/blocks.md`: every block type of the registry. */
export function blockPages(): string {
  const types = [...blockTypes].sort((a, b) => (a.type < b.type ? -1 : 1));
  return [blockIntroduction, contents(types), ...types.map(page)].join('\n');
}

function contents(types: readonly BlockType[]): string {
  const rows = types.map(
    (type) => `| [${type.type}](#${type.type}) | ${type.summary} | ${neededBy(outputOf(type))} |`,
  );
  return ['## Contents', '| type | what it does | needs |', '|---|---|---|', ...rows, ''].join(
    '\n',
  );
}

function neededBy({ missing }: BlockOutput): string {
  return missing?.what ?? '';
}

function page(type: BlockType): string {
  const output = outputOf(type);
  const facts = [`- Asks for: ${capabilitiesOf(type)}.`, `- Effect: ${effectOf(type)}`];
  return [
    `## ${type.type}`,
    type.summary,
    '',
    ...(output.missing === undefined ? [] : [needs(output.missing), '']),
    ...facts,
    '',
    fieldTable(type),
    '',
    `**Output.** ${output.words}`,
    '',
    ...(output.sample === undefined
      ? []
      : [fenced('json', JSON.stringify(output.sample, null, 2)), '']),
    '**Example.**',
    '',
    fenced('yaml', exampleOf(type).trimEnd()),
    '',
  ].join('\n');
}

function needs({ what, failure }: NonNullable<BlockOutput['missing']>): string {
  const later =
    what === 'the agent' ? 'It is checked and stored now, and runs when the agent comes; ' : '';
  return `**Needs ${what}.** ${later}${later === '' ? 'W' : 'w'}ithout it the block fails: "${failure}"`;
}

function capabilitiesOf(type: BlockType): string {
  return type.needs.length === 0 ? 'nothing outside the run' : type.needs.join(', ');
}

function effectOf(type: BlockType): string {
  switch (type.effect) {
    case 'none':
      return type.loop === true
        ? 'none. After an interruption it goes on behind the last finished block inside.'
        : 'none. After an interruption it is run again.';
    case 'page':
      return 'page. After an interruption it is run again.';
    case 'external':
      return `external. ${afterInterruption(type)}`;
  }
}

function afterInterruption(type: BlockType): string {
  if (type.isIdempotent === undefined) return 'After an interruption it is not repeated.';
  const why = repeatable[type.type];
  if (why === undefined)
    throw new Error(
      `scripts/generate/block-pages.ts does not say when ${type.type} may be repeated`,
    );
  return `After an interruption it is run again${why}.`;
}

/** What `isIdempotent` of a type goes by, in words. */
const repeatable: Readonly<Record<string, string>> = {
  code: ' only when it does not name `page`: half of what it did there may have gone through',
  download_to_s3: ', and replaces the file that it may have left',
  file_upload: ', and replaces the files that it may have left',
  google_sheets_write: ' only when its `write_mode` is `update`',
  http_request: ' only when its method is GET, HEAD or OPTIONS, or the answer is saved as a file',
  upload_to_s3: ', and replaces the files that it may have left',
  workflow_trigger: ', and finds the run that it may have started',
};

function outputOf({ type }: BlockType): BlockOutput {
  const output = blockOutputs[type];
  if (output === undefined)
    throw new Error(`packages/workflow/src/examples/outputs.ts does not describe ${type}`);
  return output;
}

function exampleOf({ type }: BlockType): string {
  const name = `${type.replaceAll('_', '-')}.yaml`;
  try {
    return readFileSync(new URL(name, examples), 'utf8');
  } catch (cause) {
    throw new Error(`${type} has no example: packages/workflow/src/examples/${name}`, { cause });
  }
}

function fenced(language: string, text: string): string {
  return `\`\`\`${language}\n${text}\n\`\`\``;
}
