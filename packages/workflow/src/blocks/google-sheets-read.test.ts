import { expect, test } from 'vitest';
import { SheetsFailure } from '../capabilities/sheets.ts';
import { runOneBlock } from '../testing/run.ts';
import { fakeSheets } from '../testing/sheets.ts';

const block = {
  block_type: 'google_sheets_read',
  label: 'read',
  spreadsheet_url: 'https://docs.google.com/spreadsheets/d/1AbC/edit',
};

const sheets = [
  { sheetId: 0, title: 'Sheet1' },
  { sheetId: 42, title: "Ann's list" },
];

async function read(
  fields: Record<string, unknown>,
  content: Parameters<typeof fakeSheets>[0] = { sheets },
) {
  const api = fakeSheets(content);
  const outcome = await runOneBlock(
    { ...block, ...fields },
    { capabilities: { sheets: api }, parameters: { id: '1AbC' } },
  );
  return { outcome, calls: api.calls };
}

test('values come with rows by header, cells and the place', async () => {
  const content = { sheets, range: 'Sheet1!B2:C3', values: [['name', 'qty'], ['nut']] };
  const { outcome, calls } = await read({ range: 'B2:C3' }, content);
  expect(outcome).toMatchObject({ status: 'completed' });
  expect(outcome.output).toEqual({
    spreadsheet_id: '1AbC',
    range: 'Sheet1!B2:C3',
    sheet_id: 0,
    sheet_title: 'Sheet1',
    start_row: 1,
    start_column: 1,
    values: [['name', 'qty'], ['nut']],
    rows: [{ name: 'nut', qty: '' }],
    cells: [[{ formattedValue: 'name' }, { formattedValue: 'qty' }], [{ formattedValue: 'nut' }]],
    merges: [],
  });
  expect(calls.at(-1)).toEqual({ call: 'cells', spreadsheetId: '1AbC', range: 'Sheet1!B2:C3' });
});

test.each([
  ['the first sheet', {}, 'Sheet1'],
  [
    'the sheet of the address',
    { spreadsheet_url: `${block.spreadsheet_url}#gid=42` },
    "'Ann''s list'",
  ],
  ['a sheet by its name', { sheet_name: "ann's LIST" }, "'Ann''s list'"],
  ['cells of a sheet', { sheet_name: "Ann's list", range: 'A1:B' }, "'Ann''s list'!A1:B"],
  ['a range with its sheet', { range: "'Ann''s list'!C:D" }, "'Ann''s list'!C:D"],
  ['a named range', { range: 'Totals_2024' }, 'Totals_2024'],
  ['an id in a template', { spreadsheet_url: '{{ id }}' }, 'Sheet1'],
])('%s is read', async (_, fields, range) => {
  const { outcome, calls } = await read(fields);
  expect(outcome.failureReason).toBeNull();
  expect(calls).toContainEqual({ call: 'values', spreadsheetId: '1AbC', range });
});

test('blank headers are numbered, repeated ones counted, and long rows get names too', async () => {
  const values = [
    ['name', '', 'name', 'name_2'],
    ['a', 'b', 'c', 'd', 'e'],
  ];
  const { outcome } = await read({}, { values });
  expect(outcome.output).toMatchObject({
    rows: [{ name: 'a', col_2: 'b', name_2: 'c', name_2_2: 'd', col_5: 'e' }],
  });
});

test('without a header row there are no rows by header', async () => {
  const { outcome } = await read({ has_header_row: false }, { values: [['a']] });
  expect(outcome.output).toMatchObject({ values: [['a']], rows: null });
});

test('an empty sheet is an empty list, and its cells are not asked for', async () => {
  const { outcome, calls } = await read({});
  expect(outcome.output).toMatchObject({ values: [], rows: [], cells: [], merges: [] });
  expect(calls.map(({ call }) => call)).toEqual(['sheets', 'values']);
});

test.each([
  [
    'no address',
    { spreadsheet_url: 'https://example.com/' },
    /is no spreadsheet: give its address/,
  ],
  [
    'a sheet that is not there',
    { sheet_name: 'X' },
    /has no sheet "X"\. Its sheets: Sheet1, Ann's list/,
  ],
])('%s fails', async (_, fields, reason) => {
  const { outcome } = await read(fields);
  expect(outcome.status).toBe('failed');
  expect(outcome.failureReason).toMatch(/^Google Sheets read failed: /);
  expect(outcome.failureReason).toMatch(reason);
  expect(outcome.output).toMatchObject({
    error: expect.stringMatching(reason),
    error_type: 'unknown',
  });
});

test('what Google refuses is told with its status', async () => {
  const failure = new SheetsFailure('api', 'no permission', {
    status: 403,
    code: 'PERMISSION_DENIED',
  });
  const { outcome } = await read({}, { failures: { values: failure } });
  expect(outcome.failureReason).toBe('Google Sheets read failed: no permission');
  expect(outcome.output).toEqual({
    status_code: 403,
    code: 'PERMISSION_DENIED',
    error: 'no permission',
  });
});

test('a refused account must be connected again', async () => {
  const failure = new SheetsFailure('login', 'expired', { status: 401 });
  const { outcome } = await read({}, { failures: { sheets: failure } });
  expect(outcome.failureReason).toBe('Reconnect the Google account: expired');
});

test.each([
  [{}, /^Google credential_id is required\. /],
  [{ credential_id: 'cred_1' }, /^The Google account cred_1 cannot be used: the credential vault/],
])('without an account %j fails', async (fields, reason) => {
  const { outcome } = await read(fields, null);
  expect(outcome.status).toBe('failed');
  expect(outcome.failureReason).toMatch(reason);
});
