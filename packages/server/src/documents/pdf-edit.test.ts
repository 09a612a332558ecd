import { PDFDocument, type PDFForm } from '@cantoo/pdf-lib';
import type { FileContent } from '@lapwing/workflow';
import { expect, test } from 'vitest';
import { parseDocument } from './parse.ts';
import { fillPdf, splitPdf } from './pdf-edit.ts';

const pdf = (bytes: Uint8Array): FileContent => ({
  filename: 'form.pdf',
  contentType: 'application/pdf',
  bytes,
});

/** A form with one field of each kind. */
async function someForm(): Promise<FileContent> {
  const document = await PDFDocument.create();
  const page = document.addPage();
  const form = document.getForm();
  const box = (row: number) => ({ x: 50, y: 700 - row * 40, width: 300, height: 24 });
  form.createTextField('person.First Name').addToPage(page, box(0));
  const short = form.createTextField('code');
  short.setMaxLength(4);
  short.addToPage(page, box(1));
  form.createCheckBox('agrees').addToPage(page, box(2));
  const size = form.createRadioGroup('size');
  size.addOptionToPage('Small', page, box(3));
  size.addOptionToPage('Large', page, box(4));
  const country = form.createDropdown('country');
  country.addOptions(['Norway', 'Peru']);
  country.addToPage(page, box(5));
  const colours = form.createOptionList('colours');
  colours.addOptions(['red', 'green', 'blue']);
  colours.enableMultiselect();
  colours.addToPage(page, box(6));
  const locked = form.createTextField('locked');
  locked.enableReadOnly();
  locked.addToPage(page, box(7));
  return pdf(await document.save());
}

async function formOf(bytes: Uint8Array): Promise<PDFForm> {
  return (await PDFDocument.load(bytes)).getForm();
}

/** What a reader sees on the page, forms included. */
async function shownText(bytes: Uint8Array): Promise<unknown> {
  const document = await PDFDocument.load(bytes);
  document.getForm().flatten({ updateFieldAppearances: false });
  return await parseDocument(pdf(await document.save()), 'pdf');
}

async function numberedPages(count: number): Promise<FileContent> {
  const document = await PDFDocument.create();
  for (let page = 1; page <= count; page += 1) document.addPage().drawText(`page ${page}`);
  return pdf(await document.save());
}

test('each kind of field is set, and drawn', async () => {
  const filled = await fillPdf(await someForm(), {
    'person.First Name': 'Ann',
    agrees: true,
    size: 'Large',
    country: 'peru',
    colours: ['red', 'blue'],
  });
  expect(filled).toMatchObject({
    fields: {
      'person.First Name': 'Ann',
      agrees: true,
      size: 'Large',
      country: 'Peru',
      colours: ['red', 'blue'],
    },
    skipped: [],
  });
  const form = await formOf(filled?.bytes ?? new Uint8Array());
  expect(form.getTextField('person.First Name').getText()).toBe('Ann');
  expect(form.getCheckBox('agrees').isChecked()).toBe(true);
  expect(form.getRadioGroup('size').getSelected()).toBe('Large');
  expect(form.getDropdown('country').getSelected()).toEqual(['Peru']);
  expect(form.getOptionList('colours').getSelected()).toEqual(['red', 'blue']);
  expect(await shownText(filled?.bytes ?? new Uint8Array())).toContain('Ann');
});

test('names are found without regard to case, spaces and underscores', async () => {
  const filled = await fillPdf(await someForm(), { person_first_name: 'Ann', Agrees: 'yes' });
  expect(filled?.fields).toEqual({ 'person.First Name': 'Ann', agrees: true });
});

test('letters that Helvetica lacks are drawn in a font that has them', async () => {
  const name = 'Žofia Kovářová, Ελλάδα, Привет';
  const filled = await fillPdf(await someForm(), { 'person.First Name': name });
  const bytes = filled?.bytes ?? new Uint8Array();
  expect((await formOf(bytes)).getTextField('person.First Name').getText()).toBe(name);
  expect(await shownText(bytes)).toContain(name);
});

test('a letter that no font has is named with its field', async () => {
  await expect(fillPdf(await someForm(), { 'person.First Name': '山田' })).rejects.toThrow(
    'the field person.First Name: the letter "山" (U+5C71) cannot be drawn',
  );
});

test.each([
  ['unknown', 'x', /no such field/],
  ['locked', 'x', /read-only/],
  ['code', '12345', /takes 4 characters, and the value has 5/],
  ['agrees', 'maybe', /neither true nor false/],
  ['size', 'Medium', /none of its options: Small, Large/],
  ['country', ['Norway', 'Peru'], /one option only/],
])('%s is skipped for %j with its reason', async (name, value, reason) => {
  const filled = await fillPdf(await someForm(), { [name]: value });
  expect(filled?.fields).toEqual({});
  expect(filled?.skipped).toEqual([{ name, reason: expect.stringMatching(reason) }]);
});

test('a document without fields has no form', async () => {
  expect(await fillPdf(await numberedPages(1), { a: 'b' })).toBeNull();
});

test('what is no PDF is refused by both', async () => {
  const text = pdf(new TextEncoder().encode('hello'));
  await expect(fillPdf(text, { a: 'b' })).rejects.toThrow('it is no PDF file');
  await expect(splitPdf(text, [])).rejects.toThrow('it is no PDF file');
});

test('a broken PDF is refused', async () => {
  const broken = pdf(new TextEncoder().encode('%PDF-1.7\n1 0 obj\n<< /Type'));
  await expect(splitPdf(broken, [[{ from: 1, to: 1 }]])).rejects.toThrow(/the PDF is broken/);
});

test('pages are copied in the order of the ranges', async () => {
  const split = await splitPdf(await numberedPages(4), [
    [{ from: 1, to: 2 }],
    [
      { from: 4, to: 4 },
      { from: 1, to: 1 },
    ],
    [{ from: 3, to: null }],
  ]);
  expect(split.pageCount).toBe(4);
  expect(split.parts).toMatchObject([
    { firstPage: 1, lastPage: 2, pageCount: 2 },
    { firstPage: 1, lastPage: 4, pageCount: 2 },
    { firstPage: 3, lastPage: 4, pageCount: 2 },
  ]);
  const texts = await Promise.all(
    split.parts.map((part) => parseDocument(pdf(part?.bytes ?? new Uint8Array()), 'pdf')),
  );
  expect(texts).toEqual(['page 1\n\npage 2', 'page 4\n\npage 1', 'page 3\n\npage 4']);
});

test('a part that names a page that is not there is null', async () => {
  const split = await splitPdf(await numberedPages(2), [
    [{ from: 2, to: 3 }],
    [{ from: 1, to: 999_999 }],
    [{ from: 2, to: 2 }],
  ]);
  expect(split.parts.map((part) => part?.pageCount ?? null)).toEqual([null, null, 1]);
});
