import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Site, startSite } from '../../site/site.ts';
import { type Lapwing, startLapwing } from '../../support/lapwing.ts';
import { rowsOf, runBlocks, timeline } from '../../support/runs.ts';

let lapwing: Lapwing;
let site: Site;

beforeAll(async () => {
  [lapwing, site] = await Promise.all([startLapwing(), startSite()]);
});
afterAll(async () => {
  await Promise.all([lapwing.close(), site.close()]);
});

const parse = (fields: object) => ({ block_type: 'file_url_parser', label: 'read', ...fields });

async function read(fields: object) {
  const run = await runBlocks(lapwing, [parse(fields)]);
  return { run, output: run.output?.read_output };
}

it('reads a CSV as rows of texts', async () => {
  const { run, output } = await read({ file_url: `${site.url}/downloads/price-list.csv` });
  expect(run.status).toBe('completed');
  expect(output).toEqual([
    { SKU: 'BX-10', Price: '1.25' },
    { SKU: 'TP-02', Price: '3.40' },
  ]);
});

it('reads a workbook as rows with its numbers', async () => {
  const { output } = await read({ file_url: `${site.url}/downloads/orders.xlsx` });
  expect(output).toHaveLength(23);
  expect(output[0]).toMatchObject({
    Order: site.portal.orders[0]?.id,
    Amount: (site.portal.orders[0]?.amountCents ?? 0) / 100,
  });
});

it('reads a PDF as text', async () => {
  const { output } = await read({ file_url: `${site.url}/downloads/terms.pdf`, file_type: 'pdf' });
  expect(output).toContain('Thirty days net.');
});

it('goes by the content when the workflow says csv', async () => {
  const { output } = await read({ file_url: `${site.url}/downloads/inline.pdf`, file_type: 'csv' });
  expect(output).toContain('Goods remain ours until paid.');
});

it('reads a JSON answer as data', async () => {
  const { output } = await read({ file_url: `${site.url}/api/status/200` });
  expect(output).toEqual({ status: 200 });
});

it.each([
  ['{{ keep_output.file_path }}', 'its path'],
  ['keep_output', 'the key of the output'],
  ['{{ keep_output }}', 'the output as text'],
])('reads a file that an earlier block kept: %s', async (reference) => {
  const run = await runBlocks(lapwing, [
    {
      block_type: 'http_request',
      label: 'keep',
      url: `${site.url}/downloads/price-list.csv`,
      save_response_as_file: true,
    },
    parse({ file_url: reference }),
  ]);
  expect(run.status).toBe('completed');
  expect(run.output.read_output).toHaveLength(2);
});

it('takes the address from a parameter', async () => {
  const parameters = [
    { parameter_type: 'workflow', key: 'list', workflow_parameter_type: 'file_url' },
  ];
  const run = await runBlocks(lapwing, [parse({ file_url: 'list' })], {
    definition: { parameters },
    fields: { parameters: { list: `${site.url}/downloads/price-list.csv` } },
  });
  expect(run.output.read_output).toHaveLength(2);
});

it.each([
  ['an answer that is no success', '/api/status/404', /download or validate file: .*404/],
  ['a file of another type', '/downloads/price-list.csv', /Failed to parse pdf file/],
])('fails with the error code of the parser: %s', async (_, path, reason) => {
  const { run, output } = await read({ file_url: `${site.url}${path}`, file_type: 'pdf' });
  expect(run.status).toBe('failed');
  expect(run.failure_reason).toMatch(reason);
  const error = { error_code: 'FILE_PARSER_ERROR', reasoning: output.failure_reason };
  expect(output).toMatchObject({ status: 'failed', errors: [error] });
  expect(run.errors).toMatchObject([{ ...error, confidence_float: 1 }]);
  const [row] = rowsOf(await timeline(lapwing, run.run_id));
  expect(row?.error_codes).toEqual(['FILE_PARSER_ERROR']);
});

it('reads no file of the machine', async () => {
  for (const file_url of ['/etc/passwd', 'file:///etc/passwd', 'downloads/../../secret.key']) {
    const { run } = await read({ file_url });
    expect(run.status).toBe('failed');
    expect(run.failure_reason).toContain('No permission to access local file');
  }
});
