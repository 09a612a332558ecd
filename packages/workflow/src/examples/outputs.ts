import { agentMissing } from '../blocks/task/agent-missing.ts';
import type { JsonValue } from '../json.ts';

/** What a block type leaves behind, told by the example beside this file. */
export interface BlockOutput {
  /** The value under `{label}_output`, in words (Markdown). */
  readonly words: string;
  /** Such a value. Every name in it is there, with a value of that kind, when the example has run. */
  readonly sample?: JsonValue;
  /** For examples that not every server can complete. */
  readonly missing?: {
    /** What such a server has not, as the object of "needs". */
    readonly what: string;
    /** The end of the failure reason there. */
    readonly failure: string;
  };
}

const file = {
  url: 'http://127.0.0.1:8000/v1/artifacts/a_1/content?…',
  filename: 'prices.csv',
  file_size: 42,
  artifact_id: 'a_1',
};
const downloads = {
  downloaded_files: [file],
  downloaded_file_urls: [file.url],
  downloaded_file_artifact_ids: [file.artifact_id],
};

function byAgent(type: string, words: string): BlockOutput {
  return { words, missing: { what: 'the agent', failure: agentMissing(type) } };
}

const agentTask = 'A task ([above](#the-output-of-a-task)).';
const noBucket =
  'This server has no bucket of its own. Its operator names one with LAPWING_S3_BUCKET, LAPWING_S3_ACCESS_KEY_ID and LAPWING_S3_SECRET_ACCESS_KEY; or use file_upload with a bucket of yours.';
const bucket = 'a bucket of the server (`LAPWING_S3_BUCKET`)';
const noGoogle =
  'This Lapwing has no Google account: its operator names one in LAPWING_GOOGLE_SERVICE_ACCOUNT or LAPWING_GOOGLE_ACCESS_TOKEN.';
const google =
  "the server's Google account (`LAPWING_GOOGLE_SERVICE_ACCOUNT` or `LAPWING_GOOGLE_ACCESS_TOKEN`)";
const noMailServer =
  'This Lapwing has no mail server: its operator names one in LAPWING_SMTP_URL, or the block one in custom_smtp_host.';

/** By wire name of the block type. */
export const blockOutputs: Readonly<Record<string, BlockOutput>> = {
  action: byAgent('action', agentTask),
  code: {
    words:
      'What the code returns. Python code that returns nothing leaves its variables. Files that were downloaded meanwhile are added to an object as `downloaded_files`. A raised `ErrorCode` leaves `{"status": "failed", "failure_reason": …, "errors": […]}`, and a misused one the same without errors.',
    sample: { name: 'Dana Ortiz', letters: 10 },
  },
  conditional: {
    words:
      'The branch that was taken, and how each condition came out up to it. `rendered_expression` shows the values that made it true.',
    sample: {
      branch_taken: 'ask_for_approval',
      branch_index: 0,
      branch_id: '0b1e…',
      branch_description: 'Large amounts need approval.',
      criteria_type: 'jinja2_template',
      criteria_expression: '{{ amount >= 1000 }}',
      next_block_label: 'ask_for_approval',
      evaluations: [
        {
          branch_index: 0,
          original_expression: '{{ amount >= 1000 }}',
          rendered_expression: '1250.0 >= 1000',
          result: true,
          is_matched: true,
          is_default: false,
          error: null,
        },
      ],
      llm_response: null,
      llm_prompt: null,
    },
  },
  download_to_s3: {
    words: 'The address of the file in the bucket, as text.',
    sample: 's3://bucket/prefix/wr_1/0b1e…',
    missing: { what: bucket, failure: noBucket },
  },
  email_inbox: {
    words: 'The messages, newest first; no match is an empty list.',
    sample: {
      email_client: 'gmail',
      folder: 'INBOX',
      candidate_count: 1,
      matched_count: 1,
      emails: [
        {
          id: '7',
          thread_id: '7',
          subject: 'Invoice 7',
          from_email: 'billing@shop.co',
          from_name: 'Shop',
          to: ['desk@northwind.example'],
          cc: [],
          date: '2026-01-02T03:04:05Z',
          snippet: 'Total: 12 EUR',
          body_text: 'Total: 12 EUR',
          body_html: null,
          has_attachments: false,
          attachments: [],
          is_read: false,
          web_link: null,
        },
      ],
    },
    missing: {
      what: 'a mailbox of the server (`LAPWING_IMAP_URL`)',
      failure: 'This Lapwing has no mailbox to read: its operator names one in LAPWING_IMAP_URL.',
    },
  },
  extraction: byAgent(
    'extraction',
    'A task ([above](#the-output-of-a-task)); `extracted_information` is the data.',
  ),
  file_download: byAgent('file_download', agentTask),
  file_upload: {
    words: 'The addresses of the files at the destination; an empty list when the run has none.',
    sample: ['s3://bucket/prices/harbor-paper/0b1e…_prices.csv'],
  },
  file_url_parser: {
    words:
      'CSV and Excel: a list of rows, each an object by column name. PDF, Word and text: one text. JSON: the value. ZIP: a list of `{"file_name", "file_path", "file_size"}`. A failure leaves `{"status": "failed", "failure_reason": …, "errors": […]}` with the error code `FILE_PARSER_ERROR`.',
    sample: [
      { SKU: 'BX-10', Price: '1.25' },
      { SKU: 'TP-02', Price: '3.40' },
    ],
  },
  for_loop: {
    words:
      'A list of iterations; each is a list of records, one for each block that ran in it. `output_value` is what that block has left.',
    sample: [
      [
        {
          loop_value: { sku: 'BX-10' },
          output_parameter: { parameter_type: 'output', key: 'ask_price_output' },
          output_value: { status_code: 200 },
        },
      ],
    ],
  },
  google_sheets_read: {
    words: 'The values as lists, and by the names of their columns (null without a header row).',
    sample: {
      spreadsheet_id: '1AbC',
      range: 'Sheet1!A1:C100',
      sheet_id: 0,
      sheet_title: 'Sheet1',
      start_row: 0,
      start_column: 0,
      values: [
        ['name', 'qty'],
        ['nut', '4'],
      ],
      rows: [{ name: 'nut', qty: '4' }],
      cells: [],
      merges: [],
    },
    missing: { what: google, failure: noGoogle },
  },
  google_sheets_write: {
    words: 'Where the rows went, and the answer of the API.',
    sample: {
      spreadsheet_id: '1AbC',
      write_mode: 'append',
      requested_destination: 'Sheet1',
      range_sent: 'Sheet1!A1',
      updated_range: 'Sheet1!A4:B5',
      updated_range_source: 'values_api_updated_range',
      destination_anchor_source: 'resolved',
      rows_written: 2,
      response: {},
    },
    missing: { what: google, failure: noGoogle },
  },
  goto_url: {
    words: 'A task ([above](#the-output-of-a-task)) that has extracted nothing.',
    sample: { task_id: 'tsk_1', status: 'completed', extracted_information: null },
  },
  http_request: {
    words:
      'Request and answer; `headers`, `body` and `url` repeat them under shorter names. Secrets are masked. A timeout leaves `{"error", "error_type": "timeout"}`. With `save_response_as_file`: `{"file_path", "file_name", "file_size"}`.',
    sample: {
      status_code: 200,
      response_headers: { 'content-type': 'application/json' },
      response_body: { method: 'POST' },
      request_method: 'POST',
      request_url: 'http://127.0.0.1:4600/api/echo',
      request_headers: { 'Content-Type': 'application/json' },
      request_body: { sku: 'BX-10', quantity: 3 },
      headers: {},
      body: {},
      url: 'http://127.0.0.1:4600/api/echo',
    },
  },
  human_interaction: {
    words: 'How the wait ended. `success` is false after a timeout.',
    sample: { success: true, reason: 'status_changed:running' },
    missing: { what: 'a mail server (`LAPWING_SMTP_URL`)', failure: noMailServer },
  },
  login: byAgent('login', agentTask),
  navigation: byAgent('navigation', agentTask),
  pdf_fill: {
    words: 'The filled form, what went into it, and what of the payload fits no field.',
    sample: {
      fill_mode: 'acroform',
      fields: { 'Full name': 'Dana Ortiz', Agrees: true },
      skipped_fields: [],
      overflowed_placements: [],
      file_path: '…/application_filled.pdf',
      file_name: 'application_filled.pdf',
      file_size: 9000,
      artifact_uri: file.url,
      artifact_url: file.url,
      ...downloads,
    },
  },
  pdf_parser: {
    words: 'The text of all pages.',
    sample: { output: { text: 'Terms of delivery\nThirty days net.' } },
  },
  print_page: {
    words: 'The PDF file.',
    sample: {
      filename: 'downloads of Northwind.pdf',
      file_path: '…/downloads of Northwind.pdf',
      size_bytes: 20480,
      artifact_uri: file.url,
      artifact_url: file.url,
      ...downloads,
    },
  },
  send_email: {
    words: '`success`; when the e-mail could not be sent, false and an `error`.',
    sample: { success: true },
    missing: {
      what: 'a mail server (`LAPWING_SMTP_URL`, or one that the block names)',
      failure: noMailServer,
    },
  },
  split_pdf: {
    words: 'The files, and the parts that have no page in the document.',
    sample: {
      documents: [
        {
          name: 'Application of Dana Ortiz',
          folder: '',
          page_range: [1, 1],
          page_count: 1,
          file_path: '…/Application of Dana Ortiz.pdf',
          file_name: 'Application of Dana Ortiz.pdf',
          file_size: 800,
          artifact_id: 'a_1',
          artifact_uri: file.url,
          artifact_url: file.url,
        },
      ],
      document_count: 2,
      skipped: [],
      source_page_count: 2,
      ...downloads,
    },
  },
  task: byAgent(
    'task',
    'A task ([above](#the-output-of-a-task)). Without a goal it only opens its `url`, and needs no agent.',
  ),
  task_v2: byAgent(
    'task_v2',
    'Status, a summary and what was extracted. Until the agent is there, `{"failure_reason": …}`.',
  ),
  text_prompt: byAgent(
    'text_prompt',
    'The answer as JSON, in the shape of `json_schema`. Until the agent is there, nothing.',
  ),
  upload_to_s3: {
    words: 'The addresses of the files in the bucket; an empty list when the run has none.',
    sample: ['s3://bucket/prefix/wr_1/0b1e…_prices.csv'],
    missing: { what: bucket, failure: noBucket },
  },
  validation: byAgent('validation', agentTask),
  wait: { words: 'Always the same.', sample: { success: true } },
  while_loop: {
    words: 'As of a [for_loop](#for_loop), without `loop_value`.',
    sample: [
      [
        {
          output_parameter: { parameter_type: 'output', key: 'open_page_output' },
          output_value: { status: 'completed' },
        },
      ],
    ],
  },
  workflow_trigger: {
    words:
      'The run and how it ended, with its outputs. Without waiting: its ids and the status `queued`. When it could not be started: `{"failure_reason": …}`.',
    sample: {
      workflow_run_id: 'wr_2',
      workflow_permanent_id: 'wpid_2',
      status: 'completed',
      failure_reason: null,
      outputs: { settle_output: { success: true } },
    },
  },
};
