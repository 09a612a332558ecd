import { expect } from 'vitest';
import { fakeBrowser } from '../../../testing/capabilities.ts';
import type { BlockFields } from '../../../testing/definitions.ts';
import { type RunOptions, runBlocks } from '../../../testing/run.ts';

/** Runs a block and expects that it fails for lack of the agent, with a TaskOutput, and that no page was opened. */
export async function expectNeedsAgent(block: BlockFields, options: RunOptions = {}) {
  const opened: string[] = [];
  const browser = fakeBrowser({
    async goto(url) {
      opened.push(url);
      return { url, status: 200 };
    },
  });
  const { result, journal } = await runBlocks([block], {
    ...options,
    capabilities: { browser, ...options.capabilities },
  });
  const reason = `${block.block_type} blocks need the AI agent, which this version of Lapwing does not have yet.`;
  expect(result.failureReason).toBe(`${block.block_type} block failed. failure reason: ${reason}`);
  const outcome = journal.outcome(block.label);
  expect(outcome?.output).toEqual({
    task_id: 'tsk_1',
    status: 'failed',
    extracted_information: null,
    failure_reason: reason,
    errors: [],
    failure_category: null,
    downloaded_files: [],
    downloaded_file_urls: null,
    downloaded_file_artifact_ids: null,
    task_screenshots: null,
    workflow_screenshots: null,
    task_screenshot_artifact_ids: [],
    workflow_screenshot_artifact_ids: [],
  });
  expect(opened).toEqual([]);
  return outcome;
}
