import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { PDFDocument } from '@cantoo/pdf-lib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Lapwing, startLapwing } from '../../support/lapwing.ts';
import { runBlocks } from '../../support/runs.ts';

/** Two pages; on the first a form. */
async function application(): Promise<Uint8Array> {
  const document = await PDFDocument.create();
  const first = document.addPage();
  first.drawText('Application');
  document.getForm().createTextField('Full Name').addToPage(first, { x: 50, y: 500 });
  document.getForm().createCheckBox('Agrees').addToPage(first, { x: 50, y: 400 });
  document.addPage().drawText('Terms');
  return await document.save();
}

describe('PDF files', () => {
  let lapwing: Lapwing;
  let site: Server;
  let address: string;

  beforeAll(async () => {
    const bytes = await application();
    site = createServer((request, response) =>
      response.end(request.url === '/application.pdf' ? bytes : '<p>no PDF</p>'),
    ).listen(0, '127.0.0.1');
    await once(site, 'listening');
    address = `http://127.0.0.1:${(site.address() as AddressInfo).port}`;
    lapwing = await startLapwing();
  });

  afterAll(async () => {
    await lapwing?.close();
    site?.close();
  });

  it('are filled in, split and read by one workflow', async () => {
    const file_url = `${address}/application.pdf`;
    const run = await runBlocks(lapwing, [
      {
        block_type: 'pdf_fill',
        label: 'fill',
        file_url,
        prompt: 'Fill in the form',
        payload: { full_name: 'Žofia', agrees: true, age: 7 },
      },
      { block_type: 'split_pdf', label: 'split', file_url: 'fill_output', prompt: '1, 2-' },
      { block_type: 'pdf_parser', label: 'read', file_url: '{{ split.documents[1].file_path }}' },
    ]);
    expect(run.failure_reason).toBeNull();
    const { fill_output: fill, split_output: split } = run.output;
    expect(fill).toMatchObject({
      fill_mode: 'acroform',
      fields: { 'Full Name': 'Žofia', Agrees: true },
      skipped_fields: [{ name: 'age' }],
      file_name: 'application_filled.pdf',
    });
    expect(split).toMatchObject({
      document_count: 2,
      source_page_count: 2,
      documents: [
        { name: 'application_filled_1', page_range: [1, 1] },
        { name: 'application_filled_2-', page_range: [2, 2] },
      ],
    });
    expect(run.output.read_output).toEqual({ output: { text: 'Terms' } });
    const response = await fetch(fill.artifact_url);
    const form = (await PDFDocument.load(await response.arrayBuffer())).getForm();
    expect(form.getTextField('Full Name').getText()).toBe('Žofia');
    expect(run.downloaded_files?.map(({ filename }) => filename)).toEqual([
      'application_filled.pdf',
      'application_filled_1.pdf',
      'application_filled_2-.pdf',
    ]);
  });

  it.each([
    ['pdf_fill', { payload: { a: 1 } }, 'PDF Fill failed: it is no PDF file'],
    ['split_pdf', {}, 'PDF split failed: it is no PDF file'],
    ['pdf_parser', {}, 'it is no PDF file'],
  ])('that are none fail %s', async (block_type, fields, reason) => {
    const file_url = `${address}/page.html`;
    const run = await runBlocks(lapwing, [
      { block_type, label: 'work', file_url, prompt: '1', ...fields },
    ]);
    expect(run.status).toBe('failed');
    expect(run.failure_reason).toContain(reason);
  });
});
