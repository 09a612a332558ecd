import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cleanLabels } from './clean-labels.ts';
import { expandDefinition } from './expand.ts';
import { limits } from './limits.ts';
import { parseWorkflowRequest } from './parse.ts';
import {
  accept,
  choice,
  define,
  type Json,
  loop,
  refuse,
  text,
  wait,
  when,
} from './testing/documents.ts';

/** The result of work that may take a second at most. */
function quickly<T>(work: () => T): T {
  const started = performance.now();
  const result = work();
  expect(performance.now() - started).toBeLessThan(1000);
  return result;
}

const anyJson = fc.jsonValue({ maxDepth: 6 });
const oddName = fc.oneof(
  fc.constantFrom(
    'a',
    'b',
    'a_output',
    '__proto__',
    'constructor',
    '',
    'two words',
    'current_index',
  ),
  fc.string(),
);

/** Documents that are nearly right, so that the checks behind the schemas are reached. */
const nearlyRight = fc.letrec((tie) => ({
  block: fc.oneof(
    { depthSize: 'small' },
    anyJson,
    fc.record(
      {
        block_type: fc.oneof(
          fc.constantFrom('wait', 'code', 'goto_url', 'http_request', 'conditional'),
          anyJson,
        ),
        label: fc.oneof(oddName, anyJson),
        next_block_label: fc.oneof(oddName, fc.constant(null), anyJson),
        wait_sec: fc.oneof(fc.integer(), anyJson),
        code: fc.string(),
        url: fc.string(),
        parameter_keys: fc.oneof(fc.array(oddName), anyJson),
        branch_conditions: fc.oneof(
          fc.array(
            fc.oneof(
              anyJson,
              fc.record({ criteria: anyJson, next_block_label: oddName, is_default: fc.boolean() }),
            ),
          ),
          anyJson,
        ),
      },
      { requiredKeys: ['block_type', 'label'] },
    ),
    fc.record({
      block_type: fc.constantFrom('for_loop', 'while_loop'),
      label: oddName,
      loop_variable_reference: fc.string(),
      loop_over_parameter_key: oddName,
      condition: anyJson,
      loop_blocks: fc.array(tie('block'), { maxLength: 3 }),
    }),
  ),
  parameter: fc.oneof(
    anyJson,
    fc.record({
      parameter_type: fc.constantFrom('workflow', 'context', 'credential', 'output'),
      workflow_parameter_type: fc.constantFrom('string', 'integer', 'json', 'float', 'boolean'),
      key: oddName,
      default_value: anyJson,
      source_parameter_key: oddName,
      credential_id: fc.string(),
      credential_ids: anyJson,
    }),
  ),
  document: fc.record({
    title: fc.oneof(fc.string(), anyJson),
    browser_profile_key: fc.oneof(fc.string(), anyJson),
    proxy_location: anyJson,
    workflow_definition: fc.record({
      version: fc.oneof(fc.constantFrom(null, 1, 2), anyJson),
      parameters: fc.array(tie('parameter'), { maxLength: 4 }),
      blocks: fc.array(tie('block'), { maxLength: 6 }),
      finally_block_label: fc.oneof(fc.constant(null), oddName),
    }),
  }),
})).document;

describe('any document', () => {
  it('is accepted or refused with reasons, quickly, and never throws', () => {
    fc.assert(
      fc.property(fc.oneof(anyJson, nearlyRight), (document) => {
        for (const input of [document, cleanLabels(document)]) {
          const parsed = quickly(() => parseWorkflowRequest(input));
          expect(parsed.ok || parsed.issues.length > 0).toBe(true);
        }
      }),
      { numRuns: 300 },
    );
  });
});

describe('a hostile document', () => {
  it('may be nested so deep that recursion would overflow', () => {
    let nested: unknown = [];
    for (let depth = 0; depth < 200_000; depth += 1) {
      nested = [nested];
    }
    const { issues } = quickly(() => refuse(define({ completion_contract: { nested } })));
    expect(issues[0]?.msg).toContain('nested more than 200 levels deep');
    expect(cleanLabels(define({ blocks: [wait('a b')], nested }))).toHaveProperty('title');
  });

  it('may contain itself', () => {
    const document: Json = define({});
    document.model = document;
    expect(refuse(document).issues).toHaveLength(1);
  });

  it('may repeat a part so often that it would fill the memory', () => {
    let bomb: unknown = 1;
    for (let level = 0; level < 60; level += 1) {
      bomb = Array.from({ length: 10 }, () => bomb);
    }
    const { issues } = quickly(() => refuse(define({ completion_contract: { bomb } })));
    expect(issues[0]?.msg).toContain('holds more than 250000 values');
  });

  it('may nest loops up to a limit', () => {
    const nest = (depth: number) => {
      let block = wait('leaf');
      for (let level = 0; level < depth; level += 1) {
        block = loop(`loop_${level}`, [block]);
      }
      return define({ blocks: [block] });
    };
    accept(nest(limits.loopDepth));
    expect(refuse(nest(limits.loopDepth + 1)).issues[0]?.msg).toContain('nested more than 50 deep');
  });

  it('may have blocks up to a limit, wherever they are', () => {
    const list = (count: number) => Array.from({ length: count }, (_, index) => wait(`b${index}`));
    quickly(() => accept(define({ blocks: list(limits.blocks) })));
    const tooMany = [loop('each', list(limits.blocks))];
    expect(refuse(define({ blocks: tooMany })).issues[0]?.msg).toContain('5000 blocks');
  });

  it('may declare parameters up to a limit', () => {
    const parameters = Array.from({ length: limits.parameters + 1 }, (_, index) =>
      text(`p${index}`),
    );
    expect(refuse(define({ parameters })).issues[0]?.msg).toContain('2000 parameters, not 2001');
  });

  it('may link thousands of conditionals', () => {
    const count = limits.blocks - 1;
    const chain = Array.from({ length: count }, (_, index) =>
      choice(`c${index}`, [when('{{ 1 }}', index + 1 < count ? `c${index + 1}` : 'end')]),
    );
    quickly(() => accept(define({ blocks: [...chain, wait('end')] })));
  });

  it('cannot name a large parameter so often that the stored definition would explode', () => {
    const big = { ...text('big'), default_value: 'x'.repeat(200_000) };
    const blocks = Array.from({ length: 200 }, (_, index) => ({
      block_type: 'code',
      label: `c${index}`,
      code: '',
      parameter_keys: ['big'],
    }));
    const { issues } = quickly(() => refuse(define({ parameters: [big], blocks })));
    expect(issues[0]?.msg).toContain('too large to be named this often');
  });

  it('cannot reach the prototype of anything through its keys', () => {
    const document = JSON.parse(`{
      "title": "t", "__proto__": {"polluted": true}, "extra_http_headers": {"__proto__": "x"},
      "workflow_definition": {"__proto__": {"polluted": true}, "parameters": [
        {"parameter_type": "workflow", "workflow_parameter_type": "json", "key": "p",
         "default_value": {"__proto__": {"polluted": true}}, "__proto__": {"polluted": true}}
      ], "blocks": [{"block_type": "wait", "label": "a", "wait_sec": 1, "__proto__": {"polluted": true}}]}
    }`);
    const { workflow_definition: definition } = accept(cleanLabels(document));
    const stored = expandDefinition(definition, {
      workflowId: 'w_1',
      now: 'now',
      newId: (prefix) => prefix,
      newUuid: () => 'uuid',
    });
    const parts: object[] = [{}, definition, stored, ...stored.blocks, ...stored.parameters];
    expect(parts.filter((part) => 'polluted' in part)).toEqual([]);
  });

  it('may have objects that cannot be made a text where a name belongs', () => {
    const odd = { toString: 1, valueOf: 2, toJSON: 3 };
    const blocks = [
      { block_type: odd, label: odd },
      { block_type: 'for_loop', label: odd, loop_blocks: [] },
      { block_type: 'conditional', label: odd, branch_conditions: [odd], next_block_label: odd },
    ];
    const parameters = [{ parameter_type: odd, key: odd }];
    const definition = { version: odd, parameters, blocks, finally_block_label: odd };
    expect(refuse(define(definition, { title: odd, run_with: odd })).issues.length).toBeGreaterThan(
      5,
    );
  });

  it('cannot keep the clean-up of labels busy', () => {
    const blocks = Array.from({ length: 4000 }, (_, index) => wait(`a b${index}`));
    const prompt = '{{ a b1 + a b2 }} '.repeat(100_000);
    const document = define({ blocks, workflow_system_prompt: prompt });
    const cleaned = quickly(() => cleanLabels(document));
    expect(cleaned).toBe(document);
    expect(
      quickly(() => cleanLabels(define({ blocks: [wait('a b')], x: '{{'.repeat(500_000) }))),
    ).toHaveProperty('workflow_definition.blocks.0.label', 'a_b');
  });
});
