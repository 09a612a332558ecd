import { expect, test } from 'vitest';
import { BlockFailure } from '../errors.ts';
import { fakeFiles } from '../testing/capabilities.ts';
import { fakePdf } from '../testing/pdf.ts';
import { runOneBlock } from '../testing/run.ts';

const block = {
  block_type: 'pdf_fill',
  label: 'fill',
  file_url: 'downloads/form.pdf',
  prompt: 'Fill in the form',
};
const parameters = { who: 'Ann', person: { name: 'Ann' }, list: [1] };

async function fill(fields: Record<string, unknown>, pdf = fakePdf({ fields: ['name', 'a.b'] })) {
  const files = fakeFiles();
  files.add('form.pdf', 'x');
  const capabilities = { files, pdf };
  const outcome = await runOneBlock({ ...block, ...fields }, { capabilities, parameters });
  return { outcome, files };
}

test('a payload is filled in, and the file is kept', async () => {
  const { outcome, files } = await fill({ payload: { name: '{{ who }}', other: 1 } });
  const url = 'https://files.test/a_2';
  expect(outcome).toMatchObject({ status: 'completed' });
  expect(outcome.output).toEqual({
    fill_mode: 'acroform',
    fields: { name: 'Ann' },
    skipped_fields: [{ name: 'other', reason: 'the form has no such field' }],
    overflowed_placements: [],
    file_path: 'downloads/form_filled.pdf',
    file_name: 'form_filled.pdf',
    file_size: 14,
    artifact_uri: url,
    artifact_url: url,
    downloaded_files: [expect.objectContaining({ filename: 'form_filled.pdf' })],
    downloaded_file_urls: [url],
    downloaded_file_artifact_ids: ['a_2'],
  });
  const kept = await files.read('downloads/form_filled.pdf', { maxBytes: 100 });
  expect(new TextDecoder().decode(kept.bytes)).toBe('{"name":"Ann"}');
});

test.each([
  ['the key of a parameter', 'person', { name: 'Ann' }],
  ['a template', '{{ person | json }}', { name: 'Ann' }],
  ['JSON', '{"name": true}', { name: true }],
  ['an object in an object', { a: { b: 2 } }, { 'a.b': 2 }],
])('a payload may be %s', async (_, payload, fields) => {
  const { outcome } = await fill({ payload });
  expect(outcome.output).toMatchObject({ fields });
});

test.each([[null], ['a text'], ['list'], [[1, 2]], [{}]])(
  'the payload %j leaves it to a model',
  async (payload) => {
    const { outcome } = await fill({ payload });
    expect(outcome).toMatchObject({ status: 'failed', output: null });
    expect(outcome.failureReason).toMatch(/^PDF Fill failed: .*the agent.*Give a payload/);
  },
);

test('a flat PDF leaves it to a model', async () => {
  const { outcome } = await fill({ payload: { name: 'x' } }, fakePdf({ fields: null }));
  expect(outcome).toMatchObject({ status: 'failed', output: null });
  expect(outcome.failureReason).toMatch(/form\.pdf has no form fields.*the agent/);
});

test('when nothing fits, the fields of the form are named', async () => {
  const { outcome } = await fill({ payload: { nam: 'x' } });
  expect(outcome).toMatchObject({
    status: 'failed',
    output: {
      fields: {},
      skipped_fields: [{ name: 'nam', reason: 'the form has no such field' }],
    },
  });
  expect(outcome.failureReason).toMatch(/nam \(the form has no such field\)\. .*: name, a\.b$/);
});

test.each([
  [{ file_url: 'downloads/no.pdf' }, /^Failed to load PDF: /],
  [{ file_url: '{{ missing.field }}' }, /^Failed to format jinja template: /],
])('%j fails with an output of null', async (fields, reason) => {
  const { outcome } = await fill({ payload: { name: 'x' }, ...fields });
  expect(outcome).toMatchObject({ status: 'failed', output: null });
  expect(outcome.failureReason).toMatch(reason);
});

test('what is wrong with the file is told', async () => {
  const broken = {
    ...fakePdf(),
    fill: async () => {
      throw new BlockFailure('it is no PDF file');
    },
  };
  const { outcome } = await fill({ payload: { name: 'x' } }, broken);
  expect(outcome).toMatchObject({
    status: 'failed',
    failureReason: 'PDF Fill failed: it is no PDF file',
    output: null,
  });
});
