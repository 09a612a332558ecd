/** What holds for every block type, ahead of their pages. */
export const blockIntroduction = `# Block types

<!-- Made by npm run generate, out of packages/workflow/src/blocks and packages/workflow/src/examples. -->

A workflow is a list of blocks. Each has a label, and what it leaves is known to all blocks behind it as \`{label}_output\`.
This page lists every type with its fields, what it leaves, and an example. The examples are whole workflows, and a test runs
each of them against the practice site: start it with \`node test/site/main.ts\`, allow its address
(\`LAPWING_ALLOW_HOSTS=127.0.0.1:4600\`), and give the run \`site_url\`: \`http://127.0.0.1:4600\`. README.md shows how to
create and run a workflow.

## Fields of every block
| field | type | default | meaning |
|---|---|---|---|
| \`block_type\` | text | **required** | One of the types below. |
| \`label\` | text | **required** | Its name: letters, digits and \`_\`, once in a workflow, loops included. |
| \`next_block_label\` | text, or null | | The block that comes next; null is an end. Where no block names one and there is no conditional, the order of the list counts. |
| \`continue_on_failure\` | true or false | \`false\` | The run goes on when this block fails. |
| \`next_loop_on_failure\` | true or false | \`false\` | In a loop: a failure ends this iteration only. |
| \`model\` | object, or null | | Which model works for this block: \`{"model_name": "…"}\`. Kept for the agent. |
| \`ignore_workflow_system_prompt\` | true or false | \`false\` | The prompt of the workflow is not for this block. Kept for the agent. |
| \`retry_on_interruption\` | true or false | \`false\` | Run again when it was cut off, even though what it does outside may have happened: see *After an interruption*. |

A field that is marked *template* is filled in right before the block runs. \`{{ name }}\` is a parameter, \`{{ label_output.field }}\`
what a block has left, and in a loop there are \`current_value\` and \`current_index\`. The language is Jinja with its filters. Templates
make text; where a field takes JSON, \`{{ value | json }}\` alone in its quotes keeps the type of the value.
A number or a boolean may also come as text.

## After an interruption
When the process that works on a run is lost, another goes on behind the last finished block: in the run's own browser where
that still runs and can be reached, else in a new one with the cookies, the storage and the tabs that the last finished block left.
What happens to the block that was cut off is told by its *effect*:

- **none**: it changes nothing outside. It is run again.
- **page**: it acts on the page of the run, in a way that may be repeated. It is run again.
- **external**: it changes something outside. It is run again only where a repetition does no harm; else it fails and
  says what may have happened, and the run with it unless \`continue_on_failure\` says otherwise.

With \`retry_on_interruption: true\` a block is always run again. A POST, PUT, PATCH or DELETE of an \`http_request\` carries an
\`Idempotency-Key\` that is the same each time, so that a receiver can know a repetition; a header of your own with that name
takes its place. A \`wait\` waits for the rest of its time, a \`human_interaction\` goes on waiting for its answer.

## The output of a task
Blocks that work on the page as a task leave this. \`extracted_information\` is what they read, \`downloaded_files\` what is new
since they began.

\`\`\`json
{
  "task_id": "tsk_1",
  "status": "completed",
  "extracted_information": null,
  "failure_reason": null,
  "errors": [],
  "failure_category": null,
  "downloaded_files": [],
  "downloaded_file_urls": null,
  "downloaded_file_artifact_ids": null,
  "task_screenshots": null,
  "workflow_screenshots": null,
  "task_screenshot_artifact_ids": ["a_1"],
  "workflow_screenshot_artifact_ids": ["a_1"]
}
\`\`\`
`;
