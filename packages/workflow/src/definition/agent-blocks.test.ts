import { describe, expect, it } from 'vitest';
import { define, expectProblem, type Json, refuse } from './testing/documents.ts';
import { store } from './testing/stored.ts';

/** The stored form of a block, and what is refused of it, by its type and its fields. */
const block = (type: string, fields: Json): Json => ({ block_type: type, label: 'one', ...fields });
const stored = (type: string, fields: Json) => store({ blocks: [block(type, fields)] }).blocks[0];
const document = (type: string, fields: Json) => define({ blocks: [block(type, fields)] });

const goal = { navigation_goal: 'Open the cart.' };

describe('blocks of the task family', () => {
  const fields = {
    ...goal,
    url: '',
    title: 'Cart',
    engine: 'openai-cua',
    max_retries: 2,
    max_steps_per_run: 7,
    complete_criterion: 'The cart is there.',
    terminate_criterion: 'The shop is closed.',
    complete_verification: false,
    include_action_history_in_verification: true,
    complete_on_download: true,
    download_suffix: 'bill',
    totp_identifier: 'me@shop.test',
    totp_verification_url: 'https://codes.test',
    error_code_mapping: { CLOSED: 'The shop is closed.' },
    disable_cache: true,
  };

  it.each(['task', 'navigation'])('%s keeps all that a request says of it', (type) => {
    expect(stored(type, fields)).toMatchObject(fields);
  });

  it.each([
    [{ type: 'object', properties: {} }],
    [[{ name: 'the name' }]],
    ['A list of names'],
    [null],
  ])('keep the data schema %j as it is', (schema) => {
    expect(stored('task', { data_schema: schema })?.data_schema).toEqual(schema);
  });

  it.each<[string, unknown, string]>([
    ['engine', 'gpt', "'skyvern-1.0', 'skyvern-2.0'"],
    ['data_schema', 5, 'Input should be '],
    ['max_retries', 'often', 'Input should be a valid integer'],
    ['title', null, 'Input should be a valid string'],
    ['error_code_mapping', { GONE: 1 }, 'Input should be a valid string'],
    ['parameter_keys', ['nobody'], "undefined parameters: 'nobody'"],
  ])('refuse %s: %j', (field, value, words) => {
    const { status, issues } = refuse(document('task', { [field]: value }));
    expect(status).toBe(422);
    expect(issues[0]?.loc.slice(0, 4)).toEqual(['workflow_definition', 'blocks', 0, field]);
    expect(issues[0]?.msg).toContain(words);
  });

  it.each([
    ['navigation', 'navigation_goal'],
    ['action', 'navigation_goal'],
    ['file_download', 'navigation_goal'],
    ['extraction', 'data_extraction_goal'],
    ['task_v2', 'prompt'],
    ['text_prompt', 'prompt'],
  ])('%s is refused without %s', (type, field) => {
    expectProblem(document(type, {}), `blocks.0.${field}`, 'Field required');
    expectProblem(document(type, { [field]: null }), `blocks.0.${field}`, 'valid string');
  });
});

describe('an action', () => {
  it('is refused with an empty goal', () => {
    const action = document('action', { navigation_goal: '  ' });
    expectProblem(action, 'blocks.0.navigation_goal', 'needs a navigation_goal');
  });

  it('takes one step, unverified, whatever the request says', () => {
    const fields = { ...goal, selector: '#next', ai_fallback: 'proactive' };
    const asked = { max_steps_per_run: '9', complete_verification: true };
    const forced = { max_steps_per_run: 1, complete_verification: false };
    expect(stored('action', { ...fields, ...asked })).toMatchObject({ ...fields, ...forced });
  });

  it('knows two ways to fall back on AI', () => {
    const action = document('action', { ...goal, ai_fallback: 'never' });
    expectProblem(action, 'blocks.0.ai_fallback', "'fallback' or 'proactive'");
  });
});

describe('a validation', () => {
  it.each([
    {},
    { complete_criterion: null, terminate_criterion: null },
    { complete_criterion: '', terminate_criterion: ' ' },
  ])('is refused without a criterion: %j', (fields) => {
    const words = 'a complete_criterion or a terminate_criterion';
    expectProblem(document('validation', fields), 'blocks.0', words);
  });

  it.each(['complete_criterion', 'terminate_criterion'])('may have only a %s', (criterion) => {
    const fields = { [criterion]: 'It is empty.', without_page_information: true };
    const forced = { max_steps_per_run: 2, complete_verification: false };
    const asked = { max_steps_per_run: 9 };
    expect(stored('validation', { ...fields, ...asked })).toMatchObject({ ...fields, ...forced });
  });
});

describe('an extraction', () => {
  it('keeps its error codes, which the reference drops', () => {
    const fields = { data_extraction_goal: 'Rows', error_code_mapping: { OLD: 'Log in again.' } };
    const forced = { complete_verification: false, include_extracted_text: false };
    expect(stored('extraction', fields)).toMatchObject({ ...fields, ...forced });
  });
});

describe('a login', () => {
  it('needs no goal and holds the credentials that it names in full', () => {
    const credential = { parameter_type: 'credential', key: 'shop', credential_id: 'cred_1' };
    const secret = { parameter_type: 'aws_secret', key: 'pin', aws_key: 'SHOP_PIN' };
    const fields = { parameter_keys: ['shop', 'pin'], skip_saved_profile: 'true' };
    const { blocks } = store({
      parameters: [credential, secret],
      blocks: [block('login', fields)],
    });
    expect(blocks[0]).toMatchObject({
      navigation_goal: null,
      skip_saved_profile: true,
      parameters: [
        { ...credential, credential_parameter_id: expect.stringMatching(/^cp_/) },
        { ...secret, aws_secret_parameter_id: expect.stringMatching(/^asp_/) },
      ],
    });
  });
});

describe('a download', () => {
  it('ends with its file and is verified with the history, whatever the request says', () => {
    const fields = { ...goal, download_suffix: 'bill', download_timeout: 12.5, sftp_port: 2222 };
    const asked = { complete_on_download: false, complete_verification: false };
    const forced = {
      complete_on_download: true,
      complete_verification: true,
      include_action_history_in_verification: true,
    };
    expect(stored('file_download', { ...fields, ...asked })).toMatchObject({
      ...fields,
      ...forced,
    });
  });

  it('goes to a target that exists', () => {
    const download = document('file_download', { ...goal, download_target: 'ftp' });
    expectProblem(download, 'blocks.0.download_target', "'website', 's3'");
  });
});

describe('a planned task', () => {
  it('has 50 iterations and 25 steps unless the request says otherwise', () => {
    const prompt = { prompt: 'Find the cheapest nut.' };
    expect(stored('task_v2', prompt)).toMatchObject({ max_iterations: 50, max_steps: 25 });
    const limits = { max_iterations: '3', max_steps: 2 };
    expect(stored('task_v2', { ...prompt, ...limits })).toMatchObject({
      max_iterations: 3,
      max_steps: 2,
    });
  });
});

describe('a prompt', () => {
  const prompt = { prompt: 'What is the capital of France?' };

  it.each([
    ['OPENAI_GPT9', null],
    ['CUSTOM_LLM_oat_1', null],
    ['', null],
    [null, null],
    ['{{ key }}', '{{ key }}'],
  ])('keeps the model key %j as %j', (given, kept) => {
    const model = { model_name: 'large' };
    expect(stored('text_prompt', { ...prompt, llm_key: given, model })).toMatchObject({
      llm_key: kept,
      model,
    });
  });

  it('takes a schema that is an object only', () => {
    const list = document('text_prompt', { ...prompt, json_schema: [] });
    expectProblem(list, 'blocks.0.json_schema', 'valid dictionary');
  });
});
