import type { WorkflowBody } from '@lapwing/protocol';
import { cleanLabels, parseWorkflowRequest, type WorkflowRequest } from '@lapwing/workflow';
import { CORE_SCHEMA, load, mergeTag } from 'js-yaml';
import { LapwingError } from '../../errors.ts';
import { unusableValue } from '../../lib/unusable-values.ts';

/**
 * YAML 1.2, in which a date is a text, with the merge key `<<` of 1.1, which existing files use. Aliases are shared, not
 * copied, so that a bomb of them costs nothing here and is found by its size later.
 */
const yamlOptions = { schema: CORE_SCHEMA.withTags(mergeTag), maxDepth: 250 };

const invalidYaml = (reason: string, cause?: unknown) =>
  new LapwingError('invalid_definition', `yaml_definition is not valid YAML: ${reason}`, { cause });

function parseYaml(text: string): unknown {
  let document: unknown;
  try {
    document = load(text, yamlOptions);
  } catch (error) {
    throw invalidYaml(error instanceof Error ? error.message : String(error), error);
  }
  const unusable = unusableValue(document);
  if (unusable !== null) throw invalidYaml(`${unusable.loc.join(' -> ')}: ${unusable.problem}`);
  return document;
}

/**
 * Reads the definition out of a request. Labels of YAML documents are cleaned up first (blocks.md §1.5).
 * @throws LapwingError `invalid_definition` with every problem: as a list for JSON, as one text for YAML.
 */
export function readDefinition(body: WorkflowBody): WorkflowRequest {
  const isYaml = typeof body.yaml_definition === 'string';
  const document = isYaml
    ? cleanLabels(parseYaml(body.yaml_definition ?? ''))
    : body.json_definition;
  const parsed = parseWorkflowRequest(document);
  if (parsed.ok) return parsed.request;
  const text = parsed.issues.map((issue) => `${issue.loc.join(' -> ')}: ${issue.msg}`).join('; ');
  if (isYaml || parsed.status === 400) {
    throw new LapwingError(
      parsed.status === 400 ? 'invalid_parameters' : 'invalid_definition',
      text,
    );
  }
  throw new LapwingError('invalid_definition', text, {
    issues: parsed.issues.map((issue) => ({
      ...issue,
      loc: ['body', 'json_definition', ...issue.loc],
    })),
  });
}
