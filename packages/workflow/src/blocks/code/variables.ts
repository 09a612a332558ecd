import type { CredentialFields } from '../../capabilities/credentials.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../../json.ts';
import type { BlockContext } from '../block.ts';

/** What the parameters that a block names become in its code. */
export interface CodeVariables {
  readonly variables: Readonly<Record<string, JsonValue>>;
  readonly credentials: Readonly<Record<string, CredentialFields>>;
}

/** As much as code can put into a file field of a page. */
const maxFileBytes = 50 * 2 ** 20;
/** Shorter values would be masked in every number and word that happens to hold them. */
const shortestSecret = 3;
/** No secret: the reference shows it in clear. */
const clearFields: readonly string[] = ['card_brand'];

/**
 * Values of the block's parameters as code sees them (blocks.md §4.8): credentials are opened, and known as secrets from
 * then on; files of `file_url` parameters are fetched, and the variable is their path; all else stays as it is.
 * Rejects with BlockFailure naming the parameter.
 */
export async function codeVariables(ctx: BlockContext): Promise<CodeVariables> {
  const variables: Record<string, JsonValue> = {};
  const credentials: Record<string, CredentialFields> = {};
  for (const parameter of ctx.visit.block.parameters) {
    const { key } = parameter;
    const value = ctx.variables[key] ?? null;
    const source = sourceOf(parameter as JsonObject);
    switch (kindOf(source, value)) {
      case 'credential':
        credentials[key] = await openCredential(ctx, source, value);
        break;
      case 'file':
        variables[key] = await ctx.files.fetch(addressOf(value), { maxBytes: maxFileBytes });
        break;
      case 'plain':
        variables[key] = value;
    }
  }
  return { variables, credentials };
}

/** The parameter that a context parameter takes its value from, through others of its kind; any other is its own. */
function sourceOf(parameter: JsonObject): JsonObject {
  const { source } = parameter;
  return parameter.parameter_type === 'context' && isJsonObject(source)
    ? sourceOf(source)
    : parameter;
}

function kindOf(parameter: JsonObject, value: JsonValue): 'credential' | 'file' | 'plain' {
  switch (parameter.parameter_type) {
    case 'output':
    case 'context':
      return 'plain';
    case 'workflow':
      break;
    default:
      return 'credential';
  }
  // Credentials "at will" need not be given (blocks.md §2.3).
  if (value === null) {
    return 'plain';
  }
  switch (parameter.workflow_parameter_type) {
    case 'credential_id':
      return 'credential';
    case 'file_url':
      return 'file';
    default:
      return 'plain';
  }
}

/** A `file_url` is an address, or an object that holds one: `{"s3uri": "…"}`. */
function addressOf(value: JsonValue): string {
  return String(isJsonObject(value) ? (value.s3uri ?? JSON.stringify(value)) : value);
}

async function openCredential(
  ctx: BlockContext,
  parameter: JsonObject,
  value: JsonValue,
): Promise<CredentialFields> {
  const fields = await ctx.credentials.open(parameter, value);
  for (const [name, secret] of Object.entries(fields)) {
    if (secret.length >= shortestSecret && !clearFields.includes(name)) {
      ctx.secrets.register(name, secret);
    }
  }
  return fields;
}
