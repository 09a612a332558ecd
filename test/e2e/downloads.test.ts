import { createHash } from 'node:crypto';
import type { FileInfo } from '@lapwing/protocol';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Site, startSite } from '../site/site.ts';
import { bytesOf } from '../support/artifacts.ts';
import { open, parse, script } from '../support/blocks.ts';
import { type Lapwing, startLapwing } from '../support/lapwing.ts';
import { runBlocks } from '../support/runs.ts';

let lapwing: Lapwing;
let site: Site;

const prices = [
  { SKU: 'BX-10', Price: '1.25' },
  { SKU: 'TP-02', Price: '3.40' },
];
const namesOf = (files: readonly FileInfo[] | null) => files?.map(({ filename }) => filename);
const click = (name: string) => `await page.getByText(${JSON.stringify(name)}).click(); return {};`;

beforeAll(async () => {
  [lapwing, site] = await Promise.all([
    startLapwing({ LAPWING_RECORDING: 'off', LAPWING_WARM_BROWSERS: '1' }),
    startSite(),
  ]);
});
afterAll(async () => {
  await Promise.all([lapwing.close(), site.close()]);
});

it('catches downloads whoever starts them, numbers equal names, and hands them to later blocks', async () => {
  const run = await runBlocks(lapwing, [
    open('start', `${site.url}/downloads`),
    script('by_link', click('Price list (CSV)')),
    script('by_blob', click('Make a file by script')),
    script('by_tab', click('Price list in a new tab (CSV)')),
    script('both', click('Download two files at once')),
    parse('first_url', '{{ by_link_output.downloaded_files[0].url }}', { file_type: 'csv' }),
    parse('tab_output', '{{ by_tab_output }}', { file_type: 'csv' }),
    parse('tab_key', 'by_tab_output', { file_type: 'csv' }),
    parse('note', '{{ both_output.downloaded_files[1].url }}'),
    script('where', 'return page.url()'),
  ]);
  expect(run).toMatchObject({ status: 'completed', failure_reason: null });
  const { output } = run;
  expect(namesOf(output.by_link_output.downloaded_files)).toEqual(['price-list.csv']);
  expect(namesOf(output.by_blob_output.downloaded_files)).toEqual(['made-by-script.txt']);
  expect(namesOf(output.by_tab_output.downloaded_files)).toEqual(['price-list_1.csv']);
  expect(namesOf(output.both_output.downloaded_files)).toEqual(['note.txt', 'note_1.txt']);
  expect(output.first_url_output).toEqual(prices);
  expect(output.tab_output_output).toEqual(prices);
  expect(output.tab_key_output).toEqual(prices);
  expect(JSON.stringify(output.note_output)).toMatch(/First|Second/);
  // The tab that was opened for a file is gone.
  expect(output.where_output).toBe(`${site.url}/downloads`);
  expect(namesOf(run.downloaded_files)).toEqual([
    'price-list.csv',
    'made-by-script.txt',
    'price-list_1.csv',
    'note.txt',
    'note_1.txt',
  ]);
  const texts = await Promise.all(
    (run.downloaded_files ?? []).map(async ({ url, checksum, file_size }) => {
      const bytes = await bytesOf(url);
      expect(checksum).toBe(createHash('sha256').update(bytes).digest('hex'));
      expect(file_size).toBe(bytes.length);
      return bytes.toString();
    }),
  );
  expect(texts[1]).toBe('Made in the browser.\n');
  expect(texts.slice(3).sort()).toEqual(['First.\n', 'Second.\n']);
});

it('takes an address that is a file for opened, and keeps the file', async () => {
  const run = await runBlocks(lapwing, [
    open('sheet', `${site.url}/downloads/orders.xlsx`),
    open('shown', `${site.url}/downloads/inline.pdf`),
    parse('orders', '{{ sheet_output.downloaded_files[0].url }}'),
    parse('terms', '{{ shown_output }}'),
  ]);
  expect(run).toMatchObject({ status: 'completed', failure_reason: null });
  expect(run.output.orders_output.Sheet1 ?? run.output.orders_output).toBeTruthy();
  expect(JSON.stringify(run.output.orders_output)).toContain('"Supplier"');
  expect(JSON.stringify(run.output.terms_output)).toContain('Thirty days net.');
});

it('prints a page to a PDF that can be read back', async () => {
  const run = await runBlocks(lapwing, [
    open('start', `${site.url}/popup/terms`),
    {
      block_type: 'print_page',
      label: 'print',
      custom_filename: 'terms of {{ 1 + 1 }}',
      include_timestamp: false,
    },
    { block_type: 'print_page', label: 'again', custom_filename: 'terms of 2.pdf' },
    parse('whole', '{{ print_output }}'),
    parse('path', '{{ again_output.file_path }}', { file_type: 'pdf' }),
  ]);
  expect(run).toMatchObject({ status: 'completed', failure_reason: null });
  expect(namesOf(run.downloaded_files)).toEqual(['terms of 2.pdf', 'terms of 2_1.pdf']);
  expect(JSON.stringify(run.output.whole_output)).toContain('Thirty days net.');
  expect(JSON.stringify(run.output.whole_output)).not.toContain(site.url);
  expect(JSON.stringify(run.output.path_output)).toContain(`${site.url}/popup/terms`);
});

it('keeps the files of a block that fails after its download', async () => {
  const run = await runBlocks(lapwing, [
    open('start', `${site.url}/downloads`),
    script('bad', `await page.getByText('Make a file by script').click(); throw new Error('stop')`),
  ]);
  expect(run.status).toBe('failed');
  expect(namesOf(run.downloaded_files)).toEqual(['made-by-script.txt']);
  expect(namesOf(run.output.bad_output.downloaded_files)).toEqual(['made-by-script.txt']);
});
