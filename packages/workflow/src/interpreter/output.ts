import type { RunError } from '../errors.ts';
import { isJsonObject, type JsonValue } from '../json.ts';
import type { RunState } from './state.ts';

const maxErrors = 100;
const maxCodeCharacters = 128;
const maxReasoningCharacters = 2000;

/** The run's `output`: all that was recorded by its keys, plus the flat list `extracted_information` (blocks.md §6.3). */
export function assembleOutput(
  outputs: Readonly<Record<string, JsonValue>>,
): Record<string, JsonValue> | null {
  const values = Object.values(outputs);
  return values.length === 0
    ? null
    : { ...outputs, extracted_information: values.flatMap(extractedInformation) };
}

function extractedInformation(value: JsonValue): readonly JsonValue[] {
  if (Array.isArray(value)) {
    return value.flatMap(extractedInformation);
  }
  if (!isJsonObject(value)) {
    return [];
  }
  return Object.entries(value).flatMap(([key, item]) => {
    if (key !== 'extracted_information') {
      return extractedInformation(item);
    }
    return item === null ? [] : [item].flat();
  });
}

/** The run's `errors`: those of tasks, then those of blocks, without repetitions (blocks.md §6.5). */
export function assembleErrors(state: RunState): readonly RunError[] {
  const unique = new Map<string, RunError>();
  for (const error of [...state.taskErrors, ...state.blockErrors]) {
    if (error.error_code.length <= maxCodeCharacters) {
      const reasoning = state.secrets.maskText(error.reasoning).slice(0, maxReasoningCharacters);
      const shown = { ...error, reasoning };
      unique.set(JSON.stringify(shown), shown);
    }
  }
  return [...unique.values()].slice(0, maxErrors);
}
