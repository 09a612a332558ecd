import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { blockTypes } from '../blocks/registry.ts';
import { type Json, otherwise, text, wait } from './testing/documents.ts';
import { store } from './testing/stored.ts';

interface Properties {
  /** Properties that are always given: the request, or the server, says what they are. */
  readonly given: readonly string[];
  /** The others, with what the reference returns when the request leaves them out. */
  readonly defaults: Readonly<Record<string, unknown>>;
}

/** Every property of every block that the reference returns (openapi.json, the schemas named …Block). */
const properties = JSON.parse(
  readFileSync(new URL('./fixtures/block-properties.json', import.meta.url), 'utf8'),
) as Readonly<Record<string, Properties>>;

/** The fields that a request cannot leave out, by block type. */
const required: Readonly<Record<string, Json>> = {
  action: { navigation_goal: 'Click Next.' },
  code: { code: 'return 1' },
  conditional: { branch_conditions: [otherwise()] },
  download_to_s3: { url: 'https://files.example/a.pdf' },
  email_inbox: { email_client: 'gmail' },
  extraction: { data_extraction_goal: 'Extract the total.' },
  file_download: { navigation_goal: 'Download the invoice.' },
  file_url_parser: { file_url: 'https://files.example/a.csv' },
  for_loop: { loop_blocks: [wait('inner')], loop_over_parameter_key: 'name' },
  google_sheets_read: { spreadsheet_url: 'https://docs.google.com/spreadsheets/d/1' },
  google_sheets_write: { spreadsheet_url: 'https://docs.google.com/spreadsheets/d/1' },
  goto_url: { url: 'https://shop.example' },
  human_interaction: { recipients: ['ops@shop.example'] },
  navigation: { navigation_goal: 'Open the cart.' },
  pdf_fill: { file_url: 'https://files.example/a.pdf', prompt: 'Fill it in.' },
  pdf_parser: { file_url: 'https://files.example/a.pdf' },
  send_email: { sender: 'a@shop.example', recipients: ['b@shop.example'], subject: 's', body: 'b' },
  split_pdf: { file_url: 'https://files.example/a.pdf', prompt: 'One file for each invoice.' },
  task_v2: { prompt: 'Find the cheapest nut.' },
  text_prompt: { prompt: 'What is the capital of France?' },
  validation: { complete_criterion: 'The cart is empty.' },
  wait: { wait_sec: 1 },
  while_loop: { loop_blocks: [wait('inner')], condition: { expression: '{{ false }}' } },
  workflow_trigger: { workflow_permanent_id: 'wpid_1' },
};

/** Values that differ from the default of the schema, whatever the request says (blocks.md §4.2, §7.5). */
const forced: Readonly<Record<string, Json>> = {
  action: { complete_verification: false, max_steps_per_run: 1 },
  extraction: { complete_verification: false },
  file_download: { complete_on_download: true, include_action_history_in_verification: true },
  for_loop: { loop_over: expect.objectContaining({ key: 'name' }) },
  goto_url: { complete_verification: false },
  human_interaction: { recipients: ['ops@shop.example'] },
  validation: {
    complete_criterion: 'The cart is empty.',
    complete_verification: false,
    max_steps_per_run: 2,
  },
};

const types = blockTypes.map(({ type }) => type);

function storedBlock(type: string, fields: Json = {}) {
  const block = { block_type: type, label: 'one', ...required[type], ...fields };
  const parameters = [text('name'), { parameter_type: 'aws_secret', key: 'host', aws_key: 'H' }];
  return store({ parameters, blocks: [block] }).blocks[0];
}

describe('a stored block', () => {
  it.each(types)('%s has every property of the reference, with its default', (type) => {
    const expected = properties[type];
    const block = storedBlock(type);
    expect(Object.keys(block ?? {})).toEqual(expect.arrayContaining([...(expected?.given ?? [])]));
    const goal = required[type]?.navigation_goal;
    const given = goal === undefined ? {} : { navigation_goal: goal };
    expect(block).toMatchObject({ ...expected?.defaults, ...given, ...forced[type] });
  });

  it('shows the secrets that an e-mail is sent with in full, those of the platform unless it names others', () => {
    const block = storedBlock('send_email', { smtp_host_secret_parameter_key: 'host' });
    expect(block).toMatchObject({
      smtp_host: { parameter_type: 'aws_secret', key: 'host', aws_key: 'H' },
      smtp_port: { parameter_type: 'aws_secret', key: 'smtp_port', workflow_id: 'w_1' },
    });
  });
});
