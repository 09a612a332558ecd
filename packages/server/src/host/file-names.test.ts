import { expect, it } from 'vitest';
import { freeName, nameOfResponse, safeName } from './file-names.ts';

it('takes paths and control characters out of a name', () => {
  expect(safeName('../../etc/pass\u0000wd')).toBe('_.._etc_pass_wd');
  expect(safeName(' .. ')).toBe('file');
  expect(safeName(`${'x'.repeat(300)}.pdf`)).toMatch(/^x+\.pdf$/);
  expect(safeName(`${'x'.repeat(300)}.pdf`)).toHaveLength(200);
});

it('numbers a name that is taken before its extension', () => {
  expect(freeName('a.csv', new Set())).toBe('a.csv');
  expect(freeName('a.csv', new Set(['a.csv', 'a_1.csv']))).toBe('a_2.csv');
});

it('prefers the name in Content-Disposition, encoded ones included', () => {
  const headers = { 'content-disposition': "attachment; filename*=UTF-8''bill%20%C5%BD.pdf" };
  expect(nameOfResponse('https://a.test/x', headers)).toBe('bill Ž.pdf');
});

it('falls back to the address, with an extension by type', () => {
  expect(
    nameOfResponse('https://a.test/files/report?x=1', {
      'content-type': 'text/csv; charset=utf-8',
    }),
  ).toBe('report.csv');
  expect(nameOfResponse('https://a.test/', { 'content-disposition': '"broken' })).toBe('file');
});
