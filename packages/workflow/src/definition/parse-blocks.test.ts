import { describe, expect, it } from 'vitest';
import {
  accept,
  choice,
  define,
  expectProblem,
  loop,
  otherwise,
  refuse,
  wait,
  when,
} from './testing/documents.ts';

describe('blocks', () => {
  it('get the defaults of the common fields and of their type', () => {
    const { workflow_definition: definition } = accept(
      define({ blocks: [{ block_type: 'http_request', label: 'call', extra: 1 }] }),
    );
    expect(definition.blocks[0]).toMatchObject({
      block_type: 'http_request',
      label: 'call',
      next_block_label: null,
      continue_on_failure: false,
      next_loop_on_failure: false,
      model: null,
      ignore_workflow_system_prompt: false,
      parameter_keys: null,
      method: 'GET',
    });
    expect(definition.blocks[0]).not.toHaveProperty('extra');
  });

  it('may allow a repetition after an interruption, and show that only where it was said', () => {
    const blocks = [wait('a', { retry_on_interruption: 'true' }), wait('b')];
    const [first, second] = accept(define({ blocks })).workflow_definition.blocks;
    expect(first).toMatchObject({ retry_on_interruption: true });
    expect(second).not.toHaveProperty('retry_on_interruption');
    expectProblem(
      define({ blocks: [wait('a', { retry_on_interruption: 'perhaps' })] }),
      'blocks.0.retry_on_interruption',
      'boolean',
    );
  });

  it('may write numbers and booleans as texts', () => {
    const blocks = [wait('a', { wait_sec: '15', continue_on_failure: 'yes' })];
    expect(accept(define({ blocks })).workflow_definition.blocks[0]).toMatchObject({
      wait_sec: 15,
      continue_on_failure: true,
    });
  });

  it('of a type that does not exist are refused with the types that do', () => {
    const blocks = [{ block_type: 'teleport', label: 'a' }];
    expectProblem(define({ blocks }), 'blocks.0', /'teleport'.*'goto_url', 'wait'/);
  });

  it('without a type, a label, or not even an object are refused', () => {
    const { issues } = refuse(define({ blocks: [{ label: 'a' }, wait('b', { label: null }), 7] }));
    expect(issues.map(({ type, loc }) => `${type} ${loc.slice(2).join('.')}`)).toEqual([
      'union_tag_not_found 0',
      'string_type 1.label',
      'model_attributes_type 2',
    ]);
  });

  it.each(['', 'two words', '1st', 'a-b', 'a\n', '__proto__'])('refuse the label %j', (label) => {
    expectProblem(define({ blocks: [wait(label)] }), 'blocks.0.label', `block label '${label}'`);
  });

  it.each(['a', '_1', 'straße', 'Ωmega', 'constructor'])('accept the label %j', (label) => {
    expect(accept(define({ blocks: [wait(label)] })).workflow_definition.blocks).toHaveLength(1);
  });

  it('refuse a label that is used twice at the top', () => {
    expectProblem(define({ blocks: [wait('a'), wait('a')] }), 'blocks.1.label', "'a' is used more");
  });

  it('refuse a label that is used twice at any depth', () => {
    const blocks = [loop('outer', [loop('inner', [wait('a')])]), wait('a')];
    expectProblem(define({ blocks }), 'blocks.1.label', "'a' is used more than once");
  });

  it.each([0, 1801, 1.5])('refuse to wait %d seconds', (seconds) => {
    const blocks = [wait('a', { wait_sec: seconds })];
    expectProblem(define({ blocks }), 'blocks.0.wait_sec', 'Input should be');
  });

  it('refuse secret_response_paths together with save_response_as_file', () => {
    const call = { secret_response_paths: ['a'], save_response_as_file: true };
    const blocks = [{ block_type: 'http_request', label: 'a', ...call }];
    expect(refuse(define({ blocks })).status).toBe(422);
  });

  it.each(['parameters', 'error_code'])('refuse the field %s of a code block', (field) => {
    const blocks = [{ block_type: 'code', label: 'a', code: 'return 1', [field]: [] }];
    expectProblem(define({ blocks }), `blocks.0.${field}`, /./);
  });
});

describe('loops', () => {
  it('need something to run over', () => {
    const blocks = [loop('each', [wait('a')], { loop_variable_reference: null })];
    expectProblem(define({ blocks }), 'blocks.0', "'each' has nothing to run over");
  });

  it('refuse to run over a parameter that is not there, but take outputs of blocks', () => {
    const each = { loop_variable_reference: null, loop_over_parameter_key: 'a_output' };
    accept(define({ blocks: [wait('a'), loop('each', [], each)] }));
    expectProblem(
      define({ blocks: [loop('each', [], each)] }),
      'blocks.0.loop_over_parameter_key',
      "'a_output'",
    );
  });

  it('need loop_blocks, and a while loop a condition', () => {
    const blocks = [{ block_type: 'while_loop', label: 'a' }];
    const { issues } = refuse(define({ blocks }));
    expect(issues.map(({ type, loc }) => `${type} ${loc.at(-1)}`).sort()).toEqual([
      'missing condition',
      'missing loop_blocks',
    ]);
  });

  it('are checked all the way in', () => {
    const blocks = [loop('outer', [loop('inner', [wait('a', { wait_sec: 0 })])])];
    const place = 'blocks.0.loop_blocks.0.loop_blocks.0.wait_sec';
    expectProblem(define({ blocks }), place, 'greater than or equal to 1');
  });

  it('may hold bodies that make no graph: those fail when they run', () => {
    const blocks = [loop('each', [wait('a', { next_block_label: 'nowhere' })])];
    expect(accept(define({ blocks })).workflow_definition.version).toBe(1);
  });
});

describe('e-mails', () => {
  const mail = {
    block_type: 'send_email',
    label: 'mail',
    sender: 'a@shop.test',
    recipients: ['b@shop.test'],
    subject: 'Bills',
    body: 'All of them.',
    smtp_host_secret_parameter_key: 'host',
  };

  it('refuse secrets that are not declared', () => {
    const place = 'blocks.0.smtp_host_secret_parameter_key';
    expectProblem(define({ blocks: [mail] }), place, "the undefined parameter 'host'");
    const host = { parameter_type: 'aws_secret', key: 'host', aws_key: 'SMTP' };
    accept(define({ parameters: [host], blocks: [mail] }));
  });

  it('do not look at secrets when they have a server of their own', () => {
    accept(define({ blocks: [{ ...mail, custom_smtp_host: 'mail.shop.test' }] }));
  });
});

describe('conditionals', () => {
  const after = wait('yes');

  it('need a branch', () => {
    expectProblem(
      define({ blocks: [choice('if', [])] }),
      'blocks.0.branch_conditions',
      'at least 1',
    );
  });

  it('take one default branch at most', () => {
    const blocks = [choice('if', [otherwise('yes'), otherwise()]), after];
    expectProblem(define({ blocks }), 'blocks.0.branch_conditions', '2 default branches');
  });

  it('need criteria in every branch but the default', () => {
    const blocks = [choice('if', [{ next_block_label: 'yes' }]), after];
    expectProblem(define({ blocks }), 'blocks.0.branch_conditions.0', 'has no criteria');
  });

  it('refuse criteria on the default branch', () => {
    const blocks = [choice('if', [{ ...when('{{ 1 }}', 'yes'), is_default: true }]), after];
    expectProblem(define({ blocks }), 'blocks.0.branch_conditions.0', 'cannot have criteria');
  });
});
