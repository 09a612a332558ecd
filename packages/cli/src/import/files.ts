import { readdir, readFile, stat } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { CORE_SCHEMA, load, mergeTag } from 'js-yaml';
import { CliError } from '../cli-error.ts';

/** A workflow as it stands in a file. */
export interface FoundWorkflow {
  /** The file, with the number of the workflow in it when it holds several. */
  readonly source: string;
  readonly document: Readonly<Record<string, unknown>>;
  /** The file as it is, when it is one workflow in YAML. */
  readonly yaml: string | null;
}

/** A file that holds no workflow, and why. */
export interface UnreadableFile {
  readonly source: string;
  readonly problem: string;
}

const extensions = ['.yaml', '.yml', '.json'];

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The file itself, or the files with workflows below a folder, by name. @throws CliError */
export async function listFiles(path: string): Promise<string[]> {
  try {
    if ((await stat(path)).isFile()) return [path];
    const entries = await readdir(path, { recursive: true, withFileTypes: true });
    const files = entries
      .filter((entry) => entry.isFile() && extensions.includes(extname(entry.name).toLowerCase()))
      .map((entry) => join(entry.parentPath, entry.name))
      .sort();
    if (files.length > 0) return files;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new CliError(`${path} cannot be read: ${reason}`, 1, { cause: error });
  }
  throw new CliError(`${path} holds no file with one of the endings ${extensions.join(', ')}`);
}

/** The workflows of a file: one, or a list of them. JSON is YAML too. */
export async function readWorkflows(file: string): Promise<(FoundWorkflow | UnreadableFile)[]> {
  const text = await readFile(file, 'utf8');
  const isJson = extname(file).toLowerCase() === '.json';
  let content: unknown;
  try {
    content = isJson
      ? JSON.parse(text)
      : load(text, { schema: CORE_SCHEMA.withTags(mergeTag), maxDepth: 250 });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return [{ source: file, problem: `It is not valid ${isJson ? 'JSON' : 'YAML'}: ${reason}` }];
  }
  if (!Array.isArray(content)) return [found(file, content, isJson ? null : text)];
  return content.map((item, index) => found(`${file} (${index + 1})`, item, null));
}

function found(
  source: string,
  content: unknown,
  yaml: string | null,
): FoundWorkflow | UnreadableFile {
  return isObject(content) && isObject(content.workflow_definition)
    ? { source, document: content, yaml }
    : { source, problem: 'It is no workflow: it has no workflow_definition' };
}
