import { type CellObject, utils, type WorkSheet, write } from '@e965/xlsx';
import type { DocumentType } from '@lapwing/workflow';
import { describe, expect, it } from 'vitest';
import { DocumentError } from './document-error.ts';
import { parseDocument } from './parse.ts';
import { docxOf, fileOf, pdfOf, xlsxOf, zipOf } from './testing/files.ts';

const parse = (type: DocumentType, content: string | Uint8Array, name = 'file') =>
  parseDocument(fileOf(name, content), type);

async function problem(work: Promise<unknown>): Promise<string> {
  const outcome = await work.then(
    () => null,
    (error: unknown) => error,
  );
  expect(outcome).toBeInstanceOf(DocumentError);
  return (outcome as DocumentError).message;
}

describe('a CSV file', () => {
  it('becomes rows keyed by header, all texts', async () => {
    expect(
      await parse('csv', '\ufeffid,name\r\n007,"Ann, ""A"""\r\n\r\n8,"two\nlines"\r\n'),
    ).toEqual([
      { id: '007', name: 'Ann, "A"' },
      { id: '8', name: 'two\nlines' },
    ]);
  });

  it.each([';', '\t', '|'])('may be separated by %j', async (delimiter) => {
    const text = [
      ['a', 'b'],
      ['1,5', '2'],
      ['3,5', '4'],
    ]
      .map((row) => row.join(delimiter))
      .join('\n');
    expect(await parse('csv', text)).toEqual([
      { a: '1,5', b: '2' },
      { a: '3,5', b: '4' },
    ]);
  });

  it('of one column keeps commas when its name ends in .tsv', async () => {
    expect(await parse('csv', 'a\n1,2\n', 'x.TSV')).toEqual([{ a: '1,2' }]);
  });

  it('may have a header twice, none, and rows of any length', async () => {
    expect(await parse('csv', 'a,a,,a_2\n1,2,3,4\n5\n1,2,3,4,5\n')).toEqual([
      { a: '1', a_2: '2', column_3: '3', a_2_2: '4', column_5: '' },
      { a: '5', a_2: '', column_3: '', a_2_2: '', column_5: '' },
      { a: '1', a_2: '2', column_3: '3', a_2_2: '4', column_5: '5' },
    ]);
  });

  it('may be in UTF-16 or in the code page of older spreadsheets', async () => {
    const utf16 = Buffer.from('\ufeffn\nMüller\n', 'utf16le');
    const latin = Buffer.from('n\nMüller\n', 'latin1');
    expect(await parse('csv', utf16)).toEqual([{ n: 'Müller' }]);
    expect(await parse('csv', latin)).toEqual([{ n: 'Müller' }]);
  });

  it('may use any header, even one with a meaning in JavaScript', async () => {
    const rows = await parse('csv', '__proto__,b\n1,2\n');
    expect(JSON.stringify(rows)).toBe('[{"__proto__":"1","b":"2"}]');
  });

  it('may be empty, or a header alone', async () => {
    expect(await parse('csv', '')).toEqual([]);
    expect(await parse('csv', 'a,b\n')).toEqual([]);
  });

  it('with an open quote is refused with its row', async () => {
    expect(await problem(parse('csv', 'a,b\n1,2\n3,"4\n5,6\n'))).toMatch(/row 3/);
  });

  it('that is binary is refused', async () => {
    expect(await problem(parse('csv', new Uint8Array([1, 0, 2])))).toMatch(/binary/);
  });
});

describe('an Excel workbook', () => {
  function workbook(
    sheet: WorkSheet,
    more: { date1904?: boolean; bookType?: 'xlsx' | 'xls' } = {},
  ) {
    const book = utils.book_new();
    utils.book_append_sheet(book, sheet, 'First');
    utils.book_append_sheet(book, utils.aoa_to_sheet([['other']]), 'Second');
    book.Workbook = { WBProps: { date1904: more.date1904 ?? false } };
    return new Uint8Array(write(book, { type: 'buffer', bookType: more.bookType ?? 'xlsx' }));
  }
  const cell = (t: CellObject['t'], v: CellObject['v'], z?: string): CellObject => ({
    t,
    v: v ?? '',
    ...(z === undefined ? {} : { z }),
  });
  const rows = [
    ['id', 'when', 'at', 'for', 'ok', 'ok', null],
    [
      cell('n', 1.5),
      cell('n', 45293.5, 'yyyy-mm-dd hh:mm'),
      cell('n', 0.75, 'h:mm'),
      cell('n', 1.25, '[h]:mm'),
      cell('b', true),
      cell('e', 7),
      cell('s', 'x'),
    ],
    [],
    [null, cell('n', 45293, 'dd.mm.yyyy'), null, null, null, null, null],
  ];

  it.each(['xlsx', 'xls'] as const)('(%s) becomes rows of its first sheet', async (bookType) => {
    const empty = {
      id: 'nan',
      when: 'nan',
      at: 'nan',
      for: 'nan',
      ok: 'nan',
      ok_2: 'nan',
      column_7: 'nan',
    };
    expect(await parse('excel', workbook(utils.aoa_to_sheet(rows), { bookType }))).toEqual([
      {
        id: 1.5,
        when: '2024-01-02T12:00:00',
        at: '18:00:00',
        for: 1.25,
        ok: true,
        ok_2: 'nan',
        column_7: 'x',
      },
      empty,
      { ...empty, when: '2024-01-02T00:00:00' },
    ]);
  });

  it('may count its days from 1904', async () => {
    const sheet = utils.aoa_to_sheet([['d'], [cell('n', 0.5 + 1, 'yyyy-mm-dd')]]);
    expect(await parse('excel', workbook(sheet, { date1904: true }))).toEqual([
      { d: '1904-01-02T12:00:00' },
    ]);
  });

  it('may be empty', async () => {
    expect(await parse('excel', workbook(utils.aoa_to_sheet([])))).toEqual([]);
  });

  const firstRow = '<row r="1"><c r="A1" t="str"><v>a</v></c></row>';

  it('that claims a million rows but has two cells is read by its cells', async () => {
    const sheet = xlsxOf('A1:XFD1048576', `${firstRow}<row r="2"><c r="A2"><v>1</v></c></row>`);
    expect(await parse('excel', sheet)).toEqual([{ a: 1 }]);
  });

  it('with cells at its far corners is refused', async () => {
    const last = '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>';
    const sheet = xlsxOf('A1:XFD1048576', firstRow + last);
    expect(await problem(parse('excel', sheet))).toMatch(/1048575 rows and 16384 columns/);
  });

  it('that unpacks to far more than it weighs is refused before it is parsed', async () => {
    const bomb = zipOf({ 'xl/workbook.xml': new Uint8Array(201 * 1024 ** 2) });
    expect(bomb.byteLength).toBeLessThan(1_000_000);
    expect(await problem(parse('excel', bomb))).toMatch(/over 200 MB/);
  });

  it('that lies about its size is refused', async () => {
    const bomb = Buffer.from(zipOf({ 'xl/workbook.xml': new Uint8Array(1_000_000) }));
    const central = bomb.indexOf(Buffer.from([0x50, 0x4b, 1, 2]));
    bomb.writeUInt32LE(10, central + 24);
    expect(await problem(parse('excel', bomb))).toMatch(/too many bytes/);
  });

  it.each([
    ['plain text', 'id,name\n1,2'],
    ['an archive of something else', zipOf({ 'a.txt': 'a' })],
    ['half a workbook', workbook(utils.aoa_to_sheet(rows)).subarray(0, 900)],
  ])('is not %s', async (_what, content) => {
    expect(await problem(parse('excel', content))).not.toBe('');
  });
});

describe('a PDF', () => {
  it('becomes the text of its pages', async () => {
    expect(await parse('pdf', pdfOf(['First page', 'Second page']))).toBe(
      'First page\n\nSecond page',
    );
  });

  it('without text is refused, saying why', async () => {
    expect(await problem(parse('pdf', pdfOf([''])))).toMatch(/no text/);
  });

  it('that is something else or torn is refused', async () => {
    expect(await problem(parse('pdf', '<html></html>'))).toMatch(/no PDF/);
    expect(await problem(parse('pdf', '%PDF-1.4\n1 0 obj\n<<'))).not.toBe('');
  });
});

describe('a Word document', () => {
  it('becomes its text', async () => {
    expect(await parse('docx', docxOf(['Hello', 'W&amp;rld']))).toBe('Hello\n\nW&rld');
  });

  it('that is something else is refused', async () => {
    expect(await problem(parse('docx', 'text'))).toMatch(/no Word document/);
    expect(await problem(parse('docx', zipOf({ a: 'b' })))).not.toBe('');
  });

  it('does not read files from outside by an XML entity', async () => {
    const evil = zipOf({
      '_rels/.rels':
        '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"/>',
      'word/document.xml':
        '<!DOCTYPE d [<!ENTITY x SYSTEM "file:///etc/hostname">]><w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body><w:p><w:r><w:t>[&x;]</w:t></w:r></w:p></w:body></w:document>',
    });
    const text = await parse('docx', evil).catch((error: Error) => error.message);
    expect(text).toMatch(/^\[(&x;)?\]$|entity/i);
  });
});

describe('JSON and text', () => {
  it('become what they are', async () => {
    expect(await parse('json', '\ufeff{"a":[1,null,"ü"]}')).toEqual({ a: [1, null, 'ü'] });
    expect(await parse('text', 'one\ntwo')).toBe('one\ntwo');
  });

  it('say where JSON breaks off', async () => {
    expect(await problem(parse('json', '{"a": '))).toMatch(/end of JSON/);
  });
});

describe('an archive', () => {
  it('is listed, not unpacked', async () => {
    expect(await parse('zip', zipOf({ 'a.txt': 'four', 'dir/b.csv': '12', 'dir/': '' }))).toEqual([
      { file_name: 'a.txt', file_path: 'a.txt', file_size: 4 },
      { file_name: 'b.csv', file_path: 'dir/b.csv', file_size: 2 },
    ]);
  });

  it('whose names climb out of it is listed with names that do not', async () => {
    const names = ['../../etc/passwd', '/root/x', 'C:\\win\\y', 'a\u0000b', '..\\..\\z'];
    const listed = await parse('zip', zipOf(Object.fromEntries(names.map((name) => [name, '']))));
    expect(listed).toMatchObject([
      { file_path: 'etc/passwd' },
      { file_path: 'root/x' },
      { file_path: 'win/y' },
      { file_path: 'a_b' },
      { file_path: 'z' },
    ]);
  });

  it('of more than 1000 entries or 1 GB unpacked is refused', async () => {
    const many = zipOf(Object.fromEntries(Array.from({ length: 1001 }, (_, n) => [`${n}`, ''])));
    expect(await problem(parse('zip', many))).toMatch(/1001 entries/);
    const bomb = Buffer.from(zipOf({ a: 'b' }));
    bomb.writeUInt32LE(0x7fffffff, bomb.indexOf(Buffer.from([0x50, 0x4b, 1, 2])) + 24);
    expect(await problem(parse('zip', bomb))).toMatch(/1 GB/);
  });

  it('that is none is refused', async () => {
    expect(await problem(parse('zip', 'text'))).toMatch(/no ZIP/);
    expect(await problem(parse('zip', zipOf({ a: 'b' }).subarray(0, 20)))).toMatch(/no ZIP/);
  });
});

describe('a hostile file', () => {
  it('is given up on when it takes too long', async () => {
    const slow = parseDocument(fileOf('x.csv', 'a\n1\n'), 'csv', { seconds: 0.001 });
    expect(await problem(slow)).toMatch(/longer than 0.001 seconds/);
  });

  it('is given up on when it needs too much memory', async () => {
    const large = fileOf('x.csv', `a,b\n${'1,2\n'.repeat(500_000)}`);
    expect(await problem(parseDocument(large, 'csv', { heapMegabytes: 16 }))).toMatch(/16 MB/);
  });

  it('is left alone when the signal fires', async () => {
    const stop = new AbortController();
    const reading = parseDocument(fileOf('x.csv', 'a\n1\n'), 'csv', { signal: stop.signal });
    stop.abort(new Error('run canceled'));
    await expect(reading).rejects.toThrow('run canceled');
  });

  it('leaves the bytes of its caller as they were', async () => {
    const file = fileOf('x.json', '[1]');
    await parseDocument(file, 'json');
    expect(new TextDecoder().decode(file.bytes)).toBe('[1]');
  });
});
