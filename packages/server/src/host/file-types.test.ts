import { expect, it } from 'vitest';
import { nameOfResponse } from './file-types.ts';

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
