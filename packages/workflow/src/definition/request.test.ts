import { describe, expect, it } from 'vitest';
import { parseWorkflowRequest } from './parse.ts';

type Json = Record<string, unknown>;

const document = (settings: Json): Json => ({
  title: 'Test',
  workflow_definition: { parameters: [], blocks: [] },
  ...settings,
});

function accept(settings: Json) {
  const parsed = parseWorkflowRequest(document(settings));
  if (!parsed.ok) {
    throw new Error(JSON.stringify(parsed.issues));
  }
  return parsed.request;
}

function problems(settings: Json): string[] {
  const parsed = parseWorkflowRequest(document(settings));
  return parsed.ok ? [] : parsed.issues.map(({ type, loc }) => `${type} ${loc.join('.')}`);
}

describe('settings of a workflow', () => {
  it('have the defaults of the reference', () => {
    expect(accept({ surprise: 1 })).toEqual({
      title: 'Test',
      description: null,
      proxy_location: null,
      webhook_callback_url: null,
      totp_verification_url: null,
      totp_identifier: null,
      persist_browser_session: false,
      reuse_browser_session: false,
      mask_secrets: null,
      browser_profile_id: null,
      browser_profile_key: null,
      model: null,
      is_saved_task: false,
      max_screenshot_scrolls: null,
      extra_http_headers: null,
      status: 'published',
      run_with: 'agent',
      ai_fallback: true,
      cache_key: 'default',
      adaptive_caching: false,
      enable_self_healing: null,
      code_version: null,
      generate_script_on_terminal: false,
      run_sequentially: false,
      sequential_key: null,
      folder_id: null,
      workflow_definition: {
        version: 1,
        parameters: [],
        blocks: [],
        finally_block_label: null,
        error_code_mapping: null,
        workflow_system_prompt: null,
        completion_contract: null,
      },
    });
  });

  it('tell what was left out from what was cleared, where an update inherits', () => {
    const fields = ['max_elapsed_time_minutes', 'cdp_connect_headers', 'pin_saved_session_ip'];
    const absent = accept({});
    expect(fields.filter((field) => field in absent)).toEqual([]);
    expect(accept({ max_elapsed_time_minutes: null, cdp_connect_headers: null })).toMatchObject({
      max_elapsed_time_minutes: null,
      cdp_connect_headers: null,
    });
  });

  it.each([
    [-5, 0],
    [0, 0],
    [12, 12],
    ['12', 12],
    [5000, 1000],
    [null, null],
  ])('bring max_screenshot_scrolls %j into 0…1000', (given, kept) => {
    expect(accept({ max_screenshot_scrolls: given }).max_screenshot_scrolls).toBe(kept);
  });

  it.each([
    [null, 'agent'],
    ['agent', 'agent'],
    ['ai', 'agent'],
    ['code', 'code'],
    ['code_v2', 'code'],
    ['whatever', 'agent'],
    [7, 'agent'],
  ])('read run_with %j as %s', (given, kept) => {
    expect(accept({ run_with: given }).run_with).toBe(kept);
  });

  it.each([
    [0, 'greater_than_equal'],
    [481, 'less_than_equal'],
    [true, 'int_type'],
    ['soon', 'int_parsing'],
    [1.5, 'int_from_float'],
  ])('refuse max_elapsed_time_minutes %j', (given, type) => {
    expect(problems({ max_elapsed_time_minutes: given })).toEqual([
      `${type} max_elapsed_time_minutes`,
    ]);
  });

  it('take a proxy location by name or as an object', () => {
    expect(accept({ proxy_location: 'US-CA' }).proxy_location).toBe('US-CA');
    expect(accept({ proxy_location: { country: 'US' } }).proxy_location).toEqual({ country: 'US' });
    expect(problems({ proxy_location: 'MOON' })).toEqual(['enum proxy_location']);
  });

  it('trim browser_profile_key and check it as a template', () => {
    expect(accept({ browser_profile_key: ' {{ user }} ' }).browser_profile_key).toBe('{{ user }}');
    expect(accept({ browser_profile_key: '  ' }).browser_profile_key).toBeNull();
    expect(problems({ browser_profile_key: '{{ user' })).toEqual([
      'value_error browser_profile_key',
    ]);
  });

  it('refuse null where the reference does', () => {
    expect(problems({ title: null, ai_fallback: null, status: null })).toEqual([
      'string_type title',
      'enum status',
      'bool_type ai_fallback',
    ]);
  });

  it('refuse headers that are not texts, and an unknown status', () => {
    expect(problems({ extra_http_headers: { a: 1 }, status: 'gone' })).toEqual([
      'string_type extra_http_headers.a',
      'enum status',
    ]);
  });
});

describe('documents that are no workflow', () => {
  it.each([null, 5, 'text', [[]], true])('refuse %j', (input) => {
    const parsed = parseWorkflowRequest(input);
    expect(parsed).toMatchObject({
      ok: false,
      issues: [{ type: 'model_attributes_type', loc: [] }],
    });
  });

  it('say what is missing', () => {
    const missing = (input: unknown) => {
      const parsed = parseWorkflowRequest(input);
      return parsed.ok ? [] : parsed.issues.map(({ type, loc }) => `${type} ${loc.join('.')}`);
    };
    expect(missing({})).toEqual(['missing title', 'missing workflow_definition']);
    expect(missing({ title: '', workflow_definition: {} })).toEqual([
      'missing workflow_definition.parameters',
      'missing workflow_definition.blocks',
    ]);
    expect(missing({ title: '', workflow_definition: { parameters: 1, blocks: 2 } })).toEqual([
      'list_type workflow_definition.parameters',
      'list_type workflow_definition.blocks',
    ]);
  });
});
