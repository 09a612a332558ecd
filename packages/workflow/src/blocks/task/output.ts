import type { StoredFile } from '../../capabilities/files.ts';
import type { RunError } from '../../errors.ts';
import type { JsonObject, JsonValue } from '../../json.ts';
import type { BlockContext } from '../block.ts';

/** How an agent task ended. */
export interface TaskEnd {
  /** `tsk_…` */
  readonly taskId: string;
  readonly status: 'completed' | 'failed' | 'terminated';
  readonly extractedInformation: JsonValue;
  readonly failureReason: string | null;
  readonly errors: readonly RunError[];
  readonly failureCategory: readonly JsonObject[] | null;
  /** Artifact ids of the task's screenshots, newest first. */
  readonly screenshots: readonly string[];
}

const shownScreenshots = 3;

/** The output of all blocks of the task family: exactly the keys of blocks.md §4.2. */
export async function taskOutput(ctx: BlockContext, end: TaskEnd): Promise<JsonObject> {
  const earlier = [...ctx.screenshots].reverse();
  return {
    task_id: end.taskId,
    status: end.status,
    extracted_information: end.extractedInformation,
    failure_reason: end.failureReason,
    errors: end.errors.map((error) => ({ ...error })),
    failure_category: end.failureCategory,
    ...downloads(await ctx.newFiles()),
    task_screenshots: null,
    workflow_screenshots: null,
    task_screenshot_artifact_ids: [...end.screenshots],
    workflow_screenshot_artifact_ids: [...end.screenshots, ...earlier].slice(0, shownScreenshots),
  };
}

/** The three fields by which outputs name files. The lists of addresses and ids are null when there are none. */
export function downloads(files: readonly StoredFile[]): JsonObject {
  return {
    downloaded_files: files.map((file) => ({ ...file })),
    downloaded_file_urls: files.length === 0 ? null : files.map(({ url }) => url),
    downloaded_file_artifact_ids:
      files.length === 0 ? null : files.map(({ artifact_id }) => artifact_id),
  };
}
