import { readdirSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Answer, type Lapwing, startLapwing } from '../../support/lapwing.ts';

let lapwing: Lapwing;

beforeAll(async () => {
  lapwing = await startLapwing();
});
afterAll(() => lapwing.close());

const examples = new URL('../../../examples/', import.meta.url);
const exampleNames = readdirSync(examples).filter((name) => name.endsWith('.yaml'));

const pause = { block_type: 'wait', label: 'pause', wait_sec: 1 };
const definition = { parameters: [], blocks: [pause] };

const create = (json: object, headers = {}): Promise<Answer> =>
  lapwing.request('POST', '/v1/workflows', { json_definition: json }, headers);
const createYaml = (yaml: string): Promise<Answer> =>
  lapwing.request('POST', '/v1/workflows', { yaml_definition: yaml });
const created = async (fields: object = {}): Promise<Answer['body']> => {
  const answer = await create({ title: 'Test', workflow_definition: definition, ...fields });
  expect(answer.status).toBe(200);
  return answer.body;
};
const update = (id: string, fields: object): Promise<Answer> =>
  lapwing.request('POST', `/v1/workflows/${id}`, {
    json_definition: { title: 'Test', workflow_definition: definition, ...fields },
  });
const get = (path: string): Promise<Answer> => lapwing.request('GET', `/v1/workflows${path}`);

describe('creating', () => {
  it('from JSON answers with version 1, its ids, and every setting at its default', async () => {
    const workflow = await created({ description: 'Waits', unknown: 1 });
    expect(workflow).toMatchObject({
      workflow_id: expect.stringMatching(/^w_\d+$/),
      workflow_permanent_id: expect.stringMatching(/^wpid_\d+$/),
      agent_id: workflow.workflow_permanent_id,
      version: 1,
      title: 'Test',
      description: 'Waits',
      status: 'published',
      proxy_location: null,
      mask_secrets: false,
      run_with: 'agent',
      ai_fallback: true,
      cache_key: 'default',
      max_elapsed_time_minutes: null,
      cdp_connect_headers: null,
      is_template: false,
      deleted_at: null,
    });
    expect(workflow).not.toHaveProperty('unknown');
    expect(workflow.created_at).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{6})?$/);
    expect(workflow.workflow_definition).toMatchObject({
      version: 1,
      blocks: [{ ...pause, output_parameter: { key: 'pause_output' } }],
    });
  });

  it.each(exampleNames)('from examples/%s keeps its title and blocks', async (name) => {
    const yaml = readFileSync(new URL(name, examples), 'utf8');
    const answer = await createYaml(yaml);
    expect(answer.status).toBe(200);
    expect(yaml).toContain(`title: ${answer.body.title}`);
    const labels = answer.body.workflow_definition.blocks.map(
      (block: Answer['body']) => block.label,
    );
    expect(labels.length).toBeGreaterThan(0);
    for (const label of labels) expect(yaml).toContain(`label: ${label}`);
  });

  it('from YAML cleans up labels and what refers to them', async () => {
    const answer = await createYaml(`
title: Unclean
workflow_definition:
  parameters: []
  blocks:
    - {block_type: wait, label: "first step!", wait_sec: 1, next_block_label: "2nd"}
    - {block_type: wait, label: "2nd", wait_sec: 1}
`);
    expect(answer.status).toBe(200);
    const { blocks } = answer.body.workflow_definition;
    expect(blocks).toMatchObject([
      { label: 'first_step', next_block_label: '_2nd' },
      { label: '_2nd' },
    ]);
  });

  it('from JSON with an unclean label is refused', async () => {
    const blocks = [{ ...pause, label: 'first step!' }];
    const answer = await create({ title: 'T', workflow_definition: { parameters: [], blocks } });
    expect(answer.status).toBe(422);
    expect(answer.body.detail[0].loc).toEqual([
      'body',
      'json_definition',
      'workflow_definition',
      'blocks',
      0,
      'label',
    ]);
  });

  it('uses the YAML when both are given', async () => {
    const yaml_definition = 'title: Of YAML\nworkflow_definition: {parameters: [], blocks: []}';
    const json_definition = { title: 'Of JSON', workflow_definition: definition };
    const answer = await lapwing.request('POST', '/v1/agents', {
      yaml_definition,
      json_definition,
    });
    expect(answer.body.title).toBe('Of YAML');
  });

  it('reads YAML as PyYAML does where files rely on it: dates stay texts, << merges', async () => {
    const answer = await createYaml(`
title: 2024-01-01
description: 0b1
workflow_definition:
  parameters:
    - &base {parameter_type: workflow, key: a, workflow_parameter_type: string, default_value: x}
    - {<<: *base, key: b}
  blocks: []
`);
    expect(answer.status).toBe(200);
    expect(answer.body.title).toBe('2024-01-01');
    expect(answer.body.workflow_definition.parameters).toMatchObject([
      { key: 'a', default_value: 'x' },
      { key: 'b', default_value: 'x' },
    ]);
  });
});

describe('a definition that is wrong', () => {
  const wrong = {
    title: 7,
    workflow_definition: {
      parameters: [],
      blocks: [
        { ...pause, wait_sec: 0 },
        { ...pause, label: '' },
        { block_type: 'teleport', label: 'x' },
      ],
    },
  };

  it('is a list of every problem with its place, when it is JSON', async () => {
    const answer = await create(wrong);
    expect(answer.status).toBe(422);
    const places = answer.body.detail.map((problem: Answer['body']) => problem.loc.join('.'));
    const at = 'body.json_definition';
    expect(places.sort()).toEqual([
      `${at}.title`,
      `${at}.workflow_definition.blocks.0.wait_sec`,
      `${at}.workflow_definition.blocks.1.label`,
      `${at}.workflow_definition.blocks.2`,
    ]);
  });

  it('is one text with every problem, when it is YAML', async () => {
    const answer = await createYaml(JSON.stringify(wrong));
    expect(answer.status).toBe(422);
    expect(answer.body.detail).toMatch(
      /^title: .+; workflow_definition -> blocks -> 0 -> wait_sec: .+; /,
    );
    expect(answer.body.detail).toContain('teleport');
  });

  it.each([
    ['no YAML', 'title: [1', /not valid YAML/],
    ['two documents', 'title: a\n---\ntitle: b', /not valid YAML.*single document/],
    ['a key twice', 'title: a\ntitle: b', /not valid YAML.*duplicated/],
    ['an unknown alias', 'title: *nowhere', /not valid YAML.*alias/],
    ['a text', 'just a text', /valid dictionary/],
    ['empty', '', /empty/],
    [
      'nested too deep',
      `title: ${'['.repeat(5_000)}${']'.repeat(5_000)}`,
      /not valid YAML.*nesting/,
    ],
    ['a text with a null byte', 'title: "a\\0b"\nworkflow_definition: {}', /null byte/],
    ['a text with half a character', 'title: "\\ud83d"\nworkflow_definition: {}', /surrogate/],
    ['a name with a null byte', '"a\\0b": 1\ntitle: a\nworkflow_definition: {}', /null byte/],
  ])('that is %s is a 422 with one text', async (_what, yaml, text) => {
    const answer = await createYaml(yaml);
    expect(answer.status).toBe(422);
    expect(answer.body.detail).toMatch(text);
  });

  it('that is an alias bomb is refused within the time of a test', async () => {
    const levels = Array.from({ length: 30 }, (_, index) => {
      const items = index === 0 ? ['x', 'x'] : Array(9).fill(`*l${index - 1}`);
      return `l${index}: &l${index} [${items.join(', ')}]`;
    });
    const answer = await createYaml(levels.join('\n'));
    expect(answer.status).toBe(422);
    expect(answer.body.detail).toMatch(/too large/);
  });

  it('with a hundred thousand names in one object is read within the time of a test', async () => {
    const names = Array.from({ length: 100_000 }, (_, index) => `k${index}: 1`);
    const answer = await createYaml(names.join('\n'));
    expect(answer.status).toBe(422);
  });

  it('with 60 loops in each other is refused by name of the limit', async () => {
    const nested = Array.from({ length: 60 }, (_, index) => index).reduce<object>(
      (inner, index) => ({
        block_type: 'for_loop',
        label: `l${index}`,
        loop_variable_reference: '{{ [1] }}',
        loop_blocks: [inner],
      }),
      pause,
    );
    const answer = await create({
      title: 'Deep',
      workflow_definition: { parameters: [], blocks: [nested] },
    });
    expect(answer.status).toBe(422);
    expect(JSON.stringify(answer.body.detail)).toMatch(/deep|nested/);
  });

  it('with keys of Object.prototype harms nothing', async () => {
    const yaml =
      'title: P\n__proto__: {polluted: 1}\nworkflow_definition: {parameters: [], blocks: []}';
    expect((await createYaml(yaml)).status).toBe(200);
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  });

  it.each([
    'http://localhost/hook',
    'http://169.254.169.254/latest',
    'http://10.0.0.1',
    'https://a.internal',
    'ftp://example.com',
    'http://',
  ])('by its webhook_callback_url %s is a 400, and nothing is stored', async (url) => {
    const before = (await get('?page_size=1000')).body.length;
    for (const field of ['webhook_callback_url', 'totp_verification_url']) {
      const answer = await create({ title: 'T', workflow_definition: definition, [field]: url });
      expect(answer.status).toBe(400);
      expect(answer.body.detail).toMatch(/blocked|Invalid URL/);
    }
    expect((await get('?page_size=1000')).body).toHaveLength(before);
  });
});

describe('deleting', () => {
  it('hides every version, and leaves its runs to be read', async () => {
    const { workflow_permanent_id: id } = await created();
    await update(id, { title: 'Second' });
    const run = await lapwing.run(id);
    const answer = await lapwing.request('POST', `/v1/workflows/${id}/delete`);
    expect([answer.status, answer.body]).toEqual([200, null]);
    const paths = [`/${id}`, `/${id}?version=1`, `/${id}/versions`];
    for (const path of paths) expect((await get(path)).status).toBe(404);
    expect((await update(id, {})).status).toBe(404);
    const again = await lapwing.request('POST', '/v1/run/workflows', { workflow_id: id });
    expect(again.status).toBe(404);
    const read = await lapwing.request('GET', `/v1/runs/${run.run_id}`);
    expect(read.body).toMatchObject({ run_id: run.run_id, status: 'completed' });
    expect((await lapwing.request('GET', `/v1/runs/${run.run_id}/timeline`)).body).toHaveLength(1);
  });

  it('of what is not there, or not there any more, is no error', async () => {
    const { workflow_permanent_id: id } = await created();
    for (const target of ['wpid_1', id, id]) {
      const answer = await lapwing.request('POST', `/v1/workflows/${target}/delete`);
      expect([answer.status, answer.body]).toEqual([200, null]);
    }
    const legacy = await lapwing.request('DELETE', `/api/v1/workflows/${id}`);
    expect([legacy.status, legacy.body]).toEqual([200, null]);
  });
});

describe('an Idempotency-Key', () => {
  const keyed = (key: string, title = 'Keyed') =>
    create({ title, workflow_definition: definition }, { 'idempotency-key': key });

  it('answers with the first workflow again, version 1, whatever the body says', async () => {
    const first = await keyed('one');
    const id = first.body.workflow_permanent_id;
    expect(id).toMatch(/^wpid_[0-9a-f]{64}$/);
    await update(id, { title: 'Changed' });
    expect((await keyed('one', 'Other')).body).toEqual(first.body);
    await lapwing.request('POST', `/v1/workflows/${id}/delete`);
    const after = await keyed('one');
    expect(after.status).toBe(200);
    expect(after.body).toMatchObject({ workflow_id: first.body.workflow_id, version: 1 });
  });

  it('sent ten times at once makes one workflow', async () => {
    const answers = await Promise.all(Array.from({ length: 10 }, () => keyed('many')));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    expect(new Set(answers.map(({ body }) => body.workflow_id)).size).toBe(1);
  });

  it('that another differs from makes another workflow', async () => {
    const [a, b] = [await keyed('a'), await keyed('b')];
    expect(a.body.workflow_permanent_id).not.toBe(b.body.workflow_permanent_id);
  });

  it.each(['', 'two words', 'é', 'x'.repeat(256)])('of %j is a 422', async (key) => {
    const answer = await keyed(key);
    expect(answer.status).toBe(422);
    expect(answer.body.detail[0].loc).toEqual(['header', 'idempotency-key']);
  });

  it('of a definition that is refused stays free', async () => {
    const refused = await create({ title: 7 }, { 'idempotency-key': 'later' });
    expect(refused.status).toBe(422);
    expect((await keyed('later')).status).toBe(200);
  });
});
