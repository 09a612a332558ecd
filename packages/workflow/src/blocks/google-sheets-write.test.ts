import { expect, test } from 'vitest';
import { SheetsFailure } from '../capabilities/sheets.ts';
import { runOneBlock } from '../testing/run.ts';
import { fakeSheets } from '../testing/sheets.ts';
import { googleSheetsWrite } from './google-sheets-write.ts';

const block = { block_type: 'google_sheets_write', label: 'write', spreadsheet_url: '1AbC' };
const parameters = {
  rows: [['nut', 4]],
  items: [{ name: 'nut', qty: 4, more: { a: 1 } }],
  nothing: null,
};

async function write(
  fields: Record<string, unknown>,
  content: Parameters<typeof fakeSheets>[0] = {},
) {
  const api = fakeSheets(content);
  const outcome = await runOneBlock(
    { ...block, ...fields },
    { capabilities: { sheets: api }, parameters },
  );
  return { outcome, calls: api.calls, written: api.calls.find(({ call }) => call === 'write') };
}

test('rows are added under the table of the sheet', async () => {
  const { outcome, written } = await write({ values: '{{ rows }}' });
  expect(written).toMatchObject({ mode: 'append', range: 'Sheet1!A1', values: [['nut', 4]] });
  expect(outcome).toMatchObject({ status: 'completed' });
  expect(outcome.output).toEqual({
    spreadsheet_id: '1AbC',
    write_mode: 'append',
    requested_destination: 'Sheet1',
    range_sent: 'Sheet1!A1',
    updated_range: 'Sheet1!A1:written',
    updated_range_source: 'values_api_updated_range',
    destination_anchor_source: 'resolved',
    rows_written: 1,
    response: { updates: { updatedRange: 'Sheet1!A1:written' } },
  });
});

test.each([
  ['lists', '[["a", 1, true, null]]', [['a', 1, true, null]]],
  ['lists under values', '{"values": [["a"]]}', [['a']]],
  ['lists under rows', '{"rows": [["a"]]}', [['a']]],
  ['lists with objects inside', '[[{"b": [1]}]]', [['{"b":[1]}']]],
  ['a null that is printed', '[["{{ nothing }}"]]', [['']]],
  ['a default of what is not there', '[["{{ missing | default(7) }}"]]', [['7']]],
])('values may be %s', async (_, values, expected) => {
  const { outcome, written } = await write({ values });
  expect(outcome.failureReason).toBeNull();
  expect(written).toMatchObject({ values: expected });
});

test('printing what is not there fails before anything is written', async () => {
  const { outcome, calls } = await write({ values: '[["{{ missing }}"]]' });
  expect(outcome.failureReason).toMatch(/^Failed to format jinja template: .*missing/);
  expect(calls).toEqual([]);
});

test.each([
  ['append', null, 'Sheet1!A1', [[null, 4, null, 'nut']]],
  ['update', 'A5', 'Sheet1!B5', [[4, null, 'nut']]],
])('mapped columns are those of the sheet in %s mode', async (write_mode, range, sent, values) => {
  const { written } = await write({
    write_mode,
    range,
    values: '{{ items }}',
    column_mapping: { name: 'D', qty: 'b' },
  });
  expect(written).toMatchObject({ range: sent, values });
});

test('an update goes to its range', async () => {
  const { written, outcome } = await write({
    write_mode: 'update',
    sheet_name: 'Sheet1',
    range: 'B2:C2',
    values: '[["x", "y"]]',
  });
  expect(written).toMatchObject({ mode: 'update', range: 'Sheet1!B2:C2' });
  expect(outcome.output).toMatchObject({ requested_destination: 'Sheet1!B2:C2' });
});

test('no rows are no call', async () => {
  const { outcome, written } = await write({ values: '[]' });
  expect(outcome).toMatchObject({ status: 'completed', output: { rows_written: 0 } });
  expect(written).toBeUndefined();
});

test('a missing sheet is made when that is wanted', async () => {
  const { outcome, calls, written } = await write({
    sheet_name: 'New one',
    create_sheet_if_missing: true,
    values: '[["a"]]',
  });
  expect(outcome.status).toBe('completed');
  expect(calls[1]).toMatchObject({
    call: 'batchUpdate',
    requests: [{ addSheet: { properties: { title: 'New one' } } }],
  });
  expect(written).toMatchObject({ range: "'New one'!A1" });
});

test('formatted cells are added by a batch update', async () => {
  const values = '[["n", {"value": 4, "userEnteredFormat": {"textFormat": {"bold": true}}}]]';
  const { outcome, calls } = await write({ values });
  expect(calls.at(-1)).toMatchObject({
    call: 'batchUpdate',
    requests: [
      {
        appendCells: {
          sheetId: 0,
          fields: 'userEnteredValue,userEnteredFormat',
          rows: [
            {
              values: [
                { userEnteredValue: { stringValue: 'n' } },
                {
                  userEnteredValue: { numberValue: 4 },
                  userEnteredFormat: { textFormat: { bold: true } },
                },
              ],
            },
          ],
        },
      },
    ],
  });
  expect(outcome.output).toMatchObject({
    updated_range: null,
    updated_range_source: 'batch_update_reports_no_range',
    destination_anchor_source: 'not_applicable',
    rows_written: 1,
  });
});

test('formatted cells are written over a place, and null leaves a cell alone', async () => {
  const values = '[[{"value": "=A1"}, null, true], [{"value": false, "note": "no"}]]';
  const { calls } = await write({ write_mode: 'update', range: 'B2', values });
  expect(calls.at(-1)?.requests).toMatchObject([
    {
      updateCells: {
        start: { sheetId: 0, rowIndex: 1, columnIndex: 1 },
        rows: [{ values: [{ userEnteredValue: { formulaValue: '=A1' } }] }],
      },
    },
    {
      updateCells: {
        start: { rowIndex: 1, columnIndex: 3 },
        rows: [{ values: [{ userEnteredValue: { boolValue: true } }] }],
      },
    },
    {
      updateCells: {
        start: { rowIndex: 2, columnIndex: 1 },
        fields: 'userEnteredValue,note',
        rows: [{ values: [{ userEnteredValue: { boolValue: false }, note: 'no' }] }],
      },
    },
  ]);
});

const unavailable = new SheetsFailure('api', 'try later', { status: 503, code: 'UNAVAILABLE' });

test('a look-up that fails does not stop a write that needs none', async () => {
  const { outcome, written } = await write(
    { sheet_name: 'Data', values: '[["a"]]' },
    { failures: { sheets: unavailable } },
  );
  expect(written).toMatchObject({ range: 'Data!A1' });
  expect(outcome.output).toMatchObject({ destination_anchor_source: 'snapshot_unavailable' });
});

test.each([
  ['formatted cells', { values: '[[{"value": 1}]]' }],
  ['a sheet that may have to be made', { values: '[["a"]]', create_sheet_if_missing: true }],
])('a look-up that fails stops %s', async (_, fields) => {
  const { outcome } = await write(fields, { failures: { sheets: unavailable } });
  expect(outcome).toMatchObject({
    status: 'failed',
    failureReason: 'Google Sheets write failed: try later',
    output: { status_code: 503, code: 'UNAVAILABLE', error: 'try later' },
  });
});

test.each([
  ['', /values is empty/],
  ['[[1,', /values is no JSON/],
  ['{"a": 1}', /must be a list of rows/],
  ['[1, 2]', /list of lists or a list of objects/],
  ['[["a"], {"b": 1}]', /list of lists or a list of objects/],
  ['[{"a": 1}]', /column_mapping must say/],
])('values %j are refused', async (values, reason) => {
  const { outcome, calls } = await write({ values });
  expect(outcome.failureReason).toMatch(/^Google Sheets write failed: /);
  expect(outcome.failureReason).toMatch(reason);
  expect(calls).toEqual([]);
});

test.each([
  [{ column_mapping: { name: '1' } }, /"1" of name is no column/],
  [{ range: 'somewhere', column_mapping: { name: 'A' } }, /is not in A1 notation/],
  [{ sheet_name: 'X', column_mapping: { name: 'A' } }, /has no sheet "X"/],
])('%j is refused', async (fields, reason) => {
  const { outcome, written } = await write({ values: '{{ items }}', ...fields });
  expect(outcome.failureReason).toMatch(reason);
  expect(written).toBeUndefined();
});

test('an update may be repeated, an append may not', () => {
  const repeats = (write_mode: string) =>
    googleSheetsWrite.isIdempotent?.(googleSheetsWrite.params.parse({ ...block, write_mode }));
  expect([repeats('update'), repeats('append')]).toEqual([true, false]);
});
