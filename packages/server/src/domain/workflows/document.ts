import type { WorkflowBody } from '@lapwing/protocol';
import { cleanLabels, parseWorkflowRequest, type WorkflowRequest } from '@lapwing/workflow';
import { parse as parseYaml } from 'yaml';
import { LapwingError } from '../../errors.ts';

/**
 * YAML 1.2 with the merge key `<<` of 1.1, which existing files use. At most this many alias expansions: an alias bomb
 * ends as a clear error.
 */
const yamlOptions = { schema: 'core', merge: true, maxAliasCount: 100, logLevel: 'error' } as const;

function parseDocument(text: string): unknown {
  try {
    return parseYaml(text, yamlOptions);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new LapwingError('invalid_definition', `yaml_definition is not valid YAML: ${reason}`, {
      cause: error,
    });
  }
}

/**
 * Reads the definition out of a request. Labels of YAML documents are cleaned up first (blocks.md §1.5).
 * @throws LapwingError `invalid_definition` with every problem: as a list for JSON, as one text for YAML.
 */
export function readDefinition(body: WorkflowBody): WorkflowRequest {
  const isYaml = typeof body.yaml_definition === 'string';
  const document = isYaml
    ? cleanLabels(parseDocument(body.yaml_definition ?? ''))
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
