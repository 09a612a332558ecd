import {
  type SheetProperties,
  type SheetsCapability,
  SheetsFailure,
} from '../capabilities/sheets.ts';
import type { JsonObject, JsonValue } from '../json.ts';

/** One call that a fake spreadsheet was asked for. */
export type SheetsCall = Readonly<{ call: string } & Record<string, unknown>>;

/** A spreadsheet with these sheets and values; without them, Google Sheets of a server that has no account. */
export function fakeSheets(
  content: {
    readonly sheets?: readonly SheetProperties[];
    readonly range?: string;
    readonly values?: readonly (readonly JsonValue[])[];
    /** Raised by the call of this name. */
    readonly failures?: Readonly<Record<string, SheetsFailure>>;
  } | null = null,
): SheetsCapability & { readonly calls: readonly SheetsCall[] } {
  const calls: SheetsCall[] = [];

  function called(call: string, facts: Record<string, unknown>): NonNullable<typeof content> {
    calls.push({ call, ...facts });
    if (content === null) {
      throw new SheetsFailure('not_set_up', 'The server has no Google account.');
    }
    const failure = content.failures?.[call];
    if (failure !== undefined) {
      throw failure;
    }
    return content;
  }

  return {
    calls,
    async sheets(spreadsheetId) {
      return called('sheets', { spreadsheetId }).sheets ?? [{ sheetId: 0, title: 'Sheet1' }];
    },
    async values(spreadsheetId, range) {
      const { values = [], range: found = range } = called('values', { spreadsheetId, range });
      return { range: found, values };
    },
    async cells(spreadsheetId, range) {
      const { values = [] } = called('cells', { spreadsheetId, range });
      return {
        rows: values.map((row) => row.map((value) => ({ formattedValue: value }))),
        merges: [],
      };
    },
    async write(call) {
      called('write', call);
      const updatedRange = `${call.range}:written`;
      return call.mode === 'append' ? { updates: { updatedRange } } : { updatedRange };
    },
    async batchUpdate(spreadsheetId, requests): Promise<JsonObject> {
      called('batchUpdate', { spreadsheetId, requests });
      return { replies: requests.map(() => ({ addSheet: { properties: { sheetId: 7 } } })) };
    },
  };
}
