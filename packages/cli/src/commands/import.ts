import { Workflow } from '@lapwing/protocol';
import { CliError } from '../cli-error.ts';
import { type Client, requireClient } from '../client.ts';
import type { Command } from '../command.ts';
import { type Difference, differences } from '../import/differences.ts';
import { doubtsOf } from '../import/doubts.ts';
import { type FoundWorkflow, listFiles, readWorkflows } from '../import/files.ts';
import { isStoredForm, requestForm } from '../import/request-form.ts';

/** What became of one workflow. */
type Outcome =
  | {
      readonly source: string;
      readonly kind: 'imported';
      readonly workflow_permanent_id: string;
      readonly title: string;
      readonly blocks: number;
      readonly parameters: number;
      readonly changed: readonly Difference[];
      readonly dropped: readonly Difference[];
      readonly doubts: readonly string[];
    }
  | { readonly source: string; readonly kind: 'refused'; readonly problem: string };

/** A folder is known on the server it is of. */
const foreignFields = ['folder_id'];

async function importOne(client: Client, found: FoundWorkflow): Promise<Outcome> {
  const { source, document, yaml } = found;
  const sent = isStoredForm(document) ? requestForm(document) : document;
  const own = Object.fromEntries(
    Object.entries(sent).filter(([name]) => !foreignFields.includes(name)),
  );
  const isAsWritten = yaml !== null && sent === document && !('folder_id' in document);
  const body = isAsWritten ? { yaml_definition: yaml } : { json_definition: own };
  try {
    const workflow = await client.request('POST', '/v1/agents', Workflow, body);
    const stored = requestForm(workflow);
    const all = differences(sent, stored);
    const { blocks, parameters } = stored.workflow_definition as {
      readonly blocks: readonly unknown[];
      readonly parameters: readonly unknown[];
    };
    return {
      source,
      kind: 'imported',
      workflow_permanent_id: workflow.workflow_permanent_id,
      title: workflow.title,
      blocks: blocks.length,
      parameters: parameters.length,
      changed: all.filter(({ kind }) => kind === 'changed'),
      dropped: all.filter(({ kind }) => kind === 'dropped'),
      doubts: doubtsOf(workflow),
    };
  } catch (error) {
    if (!(error instanceof CliError)) throw error;
    return { source, kind: 'refused', problem: error.message };
  }
}

const shown = (value: unknown) => {
  const text = JSON.stringify(value) ?? '';
  return text.length > 80 ? `${text.slice(0, 79)}…` : text;
};

function linesOf(outcome: Outcome): string[] {
  if (outcome.kind === 'refused') {
    return [`✗ ${outcome.source}`, ...outcome.problem.split('\n').map((line) => `    ${line}`)];
  }
  const { source, title, workflow_permanent_id: id, blocks, parameters } = outcome;
  return [
    `✓ ${source}`,
    `    kept as ${id} "${title}": ${blocks} blocks, ${parameters} parameters`,
    ...outcome.changed.map(
      (one) =>
        `    changed ${one.path}: ${one.kind === 'changed' ? `${shown(one.from)} → ${shown(one.to)}` : ''}`,
    ),
    ...outcome.dropped.map(
      (one) => `    not kept ${one.path}: ${one.kind === 'dropped' ? shown(one.value) : ''}`,
    ),
    ...outcome.doubts.map((doubt) => `    see to it: ${doubt}`),
  ];
}

export const importCommand: Command = {
  words: 'import',
  usage: '<file|folder>',
  summary: 'Create workflows from exported YAML or JSON, and say what became of each',
  arity: [1, 1],
  run: async (invocation) => {
    const client = requireClient(invocation);
    const outcomes: Outcome[] = [];
    for (const file of await listFiles(invocation.positionals[0] ?? '')) {
      for (const found of await readWorkflows(file)) {
        const outcome: Outcome =
          'problem' in found
            ? { source: found.source, kind: 'refused', problem: found.problem }
            : await importOne(client, found);
        outcomes.push(outcome);
        if (invocation.options.json !== true) invocation.print(linesOf(outcome).join('\n'));
      }
    }
    if (invocation.options.json === true) invocation.print(JSON.stringify(outcomes));
    const refused = outcomes.filter(({ kind }) => kind === 'refused').length;
    if (refused > 0) {
      throw new CliError(`${refused} of ${outcomes.length} workflows could not be imported`);
    }
  },
};
