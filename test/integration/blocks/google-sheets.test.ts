import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type SheetsServer,
  startSheetsServer,
} from '../../../packages/server/src/sheets/testing/sheets-server.ts';
import { type Lapwing, startLapwing } from '../../support/lapwing.ts';
import { runBlocks } from '../../support/runs.ts';

const address = 'https://docs.google.com/spreadsheets/d/1AbC/edit#gid=0';

function write(label: string, fields: object) {
  return { block_type: 'google_sheets_write', label, spreadsheet_url: address, ...fields };
}

function read(label: string, fields: object = {}) {
  return { block_type: 'google_sheets_read', label, spreadsheet_url: address, ...fields };
}

describe('spreadsheets of a service account', () => {
  let google: SheetsServer;
  let lapwing: Lapwing;
  let directory: string;

  beforeAll(async () => {
    google = await startSheetsServer();
    directory = await mkdtemp(join(tmpdir(), 'lapwing-google-'));
    const key = join(directory, 'key.json');
    await writeFile(key, google.serviceAccount);
    lapwing = await startLapwing({
      LAPWING_GOOGLE_API_URL: google.url,
      LAPWING_GOOGLE_SERVICE_ACCOUNT: key,
    });
  });

  afterAll(async () => {
    await lapwing?.close();
    await google?.close();
    await rm(directory, { recursive: true, force: true });
  });

  it('are written and read by one workflow, with one token', async () => {
    const run = await runBlocks(
      lapwing,
      [
        write('head', { values: '[["name", "qty"]]' }),
        write('add', {
          values: '{{ rows }}',
          column_mapping: { name: 'A', qty: 'B' },
        }),
        write('change', { write_mode: 'update', range: 'B2', values: '[[5]]' }),
        read('all'),
        read('part', { sheet_name: 'Sheet1', range: 'A2:B2', has_header_row: false }),
      ].map((block) => ({ ...block })),
      {
        definition: {
          parameters: [
            {
              parameter_type: 'workflow',
              workflow_parameter_type: 'json',
              key: 'rows',
              default_value: [
                { name: 'nut', qty: 4 },
                { name: "bolt 'x'", qty: null },
              ],
            },
          ],
        },
      },
    );
    expect(run.failure_reason).toBeNull();
    expect(google.values('Sheet1')).toEqual([['name', 'qty'], ['nut', '5'], ["bolt 'x'"]]);
    expect(run.output).toMatchObject({
      head_output: { range_sent: 'Sheet1!A1', updated_range: 'Sheet1!A1:B1', rows_written: 1 },
      add_output: {
        spreadsheet_id: '1AbC',
        requested_destination: 'Sheet1',
        updated_range: 'Sheet1!A2:B3',
        updated_range_source: 'values_api_updated_range',
        destination_anchor_source: 'resolved',
        rows_written: 2,
      },
      change_output: { range_sent: 'Sheet1!B2', updated_range: 'Sheet1!B2:B2' },
      all_output: {
        range: 'Sheet1!A1:Z1000',
        sheet_id: 0,
        sheet_title: 'Sheet1',
        start_row: 0,
        start_column: 0,
        rows: [
          { name: 'nut', qty: '5' },
          { name: "bolt 'x'", qty: '' },
        ],
        cells: [
          [{ formattedValue: 'name' }, { formattedValue: 'qty' }],
          [
            { formattedValue: 'nut' },
            { formattedValue: '5', userEnteredValue: { numberValue: 5 } },
          ],
          [{ formattedValue: "bolt 'x'" }, {}],
        ],
      },
      part_output: { start_row: 1, values: [['nut', '5']], rows: null },
    });
    expect(google.grants).toBe(1);
  });

  it('get new sheets and formatted cells', async () => {
    const bold = { textFormat: { bold: true } };
    const run = await runBlocks(lapwing, [
      write('make', { sheet_name: "Ann's", create_sheet_if_missing: true, values: '[["x"]]' }),
      write('format', {
        sheet_name: "Ann's",
        values: JSON.stringify([[{ value: 'total', userEnteredFormat: bold }, 4]]),
      }),
    ]);
    expect(run.failure_reason).toBeNull();
    expect(google.values("Ann's")).toEqual([['x'], ['total', '4']]);
    expect(google.cell("Ann's", 1, 0)).toEqual({
      userEnteredValue: { stringValue: 'total' },
      userEnteredFormat: bold,
    });
    expect(run.output.make_output.range_sent).toBe("'Ann''s'!A1");
  });

  it('that are not shared are told with the answer of Google', async () => {
    const run = await runBlocks(lapwing, [read('all', { spreadsheet_url: 'other_id' })]);
    expect(run.status).toBe('failed');
    expect(run.failure_reason).toContain(
      'Google Sheets read failed: Google answered HTTP 404: Requested entity was not found.',
    );
    expect(run.output.all_output).toEqual({
      status_code: 404,
      code: 'NOT_FOUND',
      error: 'Google answered HTTP 404: Requested entity was not found.',
    });
  });
});

describe('other accounts', () => {
  let google: SheetsServer;

  beforeAll(async () => {
    google = await startSheetsServer();
  });

  afterAll(() => google?.close());

  async function readWith(settings: Record<string, string>) {
    const lapwing = await startLapwing({ LAPWING_GOOGLE_API_URL: google.url, ...settings });
    try {
      return await runBlocks(lapwing, [read('all', { credential_id: 'cred_1' })]);
    } finally {
      await lapwing.close();
    }
  }

  it('may be a token', async () => {
    expect(await readWith({ LAPWING_GOOGLE_ACCESS_TOKEN: google.token })).toMatchObject({
      status: 'completed',
      output: { all_output: { values: [] } },
    });
  });

  it('that Google refuses must be connected again', async () => {
    const run = await readWith({ LAPWING_GOOGLE_ACCESS_TOKEN: 'old-t0ken' });
    expect(run.failure_reason).toContain('Reconnect the Google account: Google answered HTTP 401');
    expect(JSON.stringify(run)).not.toContain('old-t0ken');
  });

  it('that are none are named with the way out', async () => {
    const run = await readWith({});
    expect(run.failure_reason).toMatch(/cred_1 cannot be used.*LAPWING_GOOGLE_SERVICE_ACCOUNT/);
  });

  it('with a key file that is none stop the server at its start', async () => {
    await expect(readWith({ LAPWING_GOOGLE_SERVICE_ACCOUNT: '/nowhere/key.json' })).rejects.toThrow(
      /LAPWING_GOOGLE_SERVICE_ACCOUNT: \/nowhere\/key\.json is no key file/,
    );
  });
});
