import { utils, write } from '@e965/xlsx';
import { expect, it } from 'vitest';
import { detectDocument } from './detect.ts';
import { docxOf, fileOf, pdfOf, zipOf } from './testing/files.ts';

function workbook(bookType: 'xlsx' | 'xls' | 'ods'): Uint8Array {
  const book = utils.book_new();
  utils.book_append_sheet(book, utils.aoa_to_sheet([['a'], [1]]), 'One');
  return new Uint8Array(write(book, { type: 'buffer', bookType }));
}

it.each([
  ['a PDF', pdfOf(['hello']), 'pdf'],
  ['a PDF behind a blank line', new Uint8Array([10, ...pdfOf(['hello'])]), 'pdf'],
  ['a Word document', docxOf(['hello']), 'docx'],
  ['an Excel workbook', workbook('xlsx'), 'excel'],
  ['an old Excel workbook', workbook('xls'), 'excel'],
  ['an archive', zipOf({ 'a.txt': 'a' }), 'zip'],
  ['an archive with a Word document inside', zipOf({ 'a.docx': docxOf(['a']) }), 'zip'],
  ['a JSON object', ' {"a": [1]}', 'json'],
  ['comma separated rows', 'id,name\n1,Ann\n2,Bob\n', 'csv'],
  ['semicolon separated rows', 'id;name\r\n1;Ann\r\n', 'csv'],
  ['prose', 'Dear Sir, or Madam,\nthank you for your letter.\n', 'text'],
  ['something in braces that is no JSON', '{not json}', 'text'],
  ['an image', new Uint8Array([0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10, 0, 0, 0, 13]), null],
  ['an unknown container', new Uint8Array([0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1]), null],
])('knows %s by content, whatever its name', (_what, content, type) => {
  expect(detectDocument(fileOf('download', content))).toBe(type);
});

it.each([
  ['orders.CSV', 'one column\n1\n', 'csv'],
  ['orders.tsv', 'a\tb\n', 'csv'],
  ['notes.txt', '{"a":1}', 'text'],
  ['report.pdf', '<html>not found</html>', 'pdf'],
  ['sheet.ods', workbook('ods'), 'excel'],
])('knows %s by its name', (name, content, type) => {
  expect(detectDocument(fileOf(name, content))).toBe(type);
});

it('asks the content type when the name says nothing', () => {
  const file = { ...fileOf('export', 'one column\n1'), contentType: 'text/csv; charset=utf-8' };
  expect(detectDocument(file)).toBe('csv');
});
