import {
  HttpFailure,
  type HttpRequest,
  isJsonObject,
  type JsonObject,
  type JsonValue,
  type SheetCells,
  type SheetProperties,
  type SheetsCapability,
  SheetsFailure,
} from '@lapwing/workflow';
import { z } from 'zod';
import { jsonOf, type SendRequest, type TokenSource } from './service-account.ts';

export interface SheetsOptions {
  /** Where the API is, `https://sheets.googleapis.com`. */
  readonly baseUrl: string;
  readonly token: TokenSource;
  readonly send: SendRequest;
  readonly signal: AbortSignal;
}

const timeoutSeconds = 60;
const maxBytes = 64 * 1024 * 1024;
const cellFields =
  'sheets(merges,data(rowData(values(formattedValue,userEnteredValue,userEnteredFormat,hyperlink,note,textFormatRuns))))';

const json = z.custom<JsonObject>((value) => isJsonObject(value));
const sheetsAnswer = z.object({
  sheets: z
    .array(
      z.object({ properties: z.object({ sheetId: z.number().default(0), title: z.string() }) }),
    )
    .default([]),
});
const valuesAnswer = z.object({
  range: z.string(),
  values: z.array(z.array(z.json())).default([]),
});
const cellsAnswer = z.object({
  sheets: z
    .array(
      z.object({
        merges: z.array(json).default([]),
        data: z
          .array(
            z.object({
              rowData: z.array(z.object({ values: z.array(json).default([]) })).default([]),
            }),
          )
          .default([]),
      }),
    )
    .default([]),
});

/** The Google Sheets API (v4), by REST. */
export function sheetsApi(options: SheetsOptions): SheetsCapability {
  return {
    sheets: async (id) => {
      const query = { fields: 'sheets.properties(sheetId,title)' };
      const answer = await call(options, sheetsAnswer, { path: [id], query });
      return answer.sheets.map(({ properties }): SheetProperties => properties);
    },
    values: (id, range) => call(options, valuesAnswer, { path: [id, 'values', range] }),
    cells: async (id, range) => {
      const query = { ranges: range, includeGridData: 'true', fields: cellFields };
      return firstCells(await call(options, cellsAnswer, { path: [id], query }));
    },
    write: ({ mode, spreadsheetId, range, values }) => {
      const append = { insertDataOption: 'INSERT_ROWS' };
      const isAppend = mode === 'append';
      return call(options, json, {
        method: isAppend ? 'POST' : 'PUT',
        path: [spreadsheetId, 'values', range],
        verb: isAppend ? ':append' : '',
        query: { valueInputOption: 'USER_ENTERED', ...(isAppend ? append : {}) },
        body: { majorDimension: 'ROWS', values: values.map((row) => [...row]) },
      });
    },
    batchUpdate: (id, requests) =>
      call(options, json, {
        method: 'POST',
        path: [id],
        verb: ':batchUpdate',
        body: { requests: [...requests] },
      }),
  };
}

function firstCells({ sheets: [sheet] }: z.output<typeof cellsAnswer>): SheetCells {
  const rows = (sheet?.data[0]?.rowData ?? []).map(({ values }) => values);
  return { rows, merges: sheet?.merges ?? [] };
}

interface Call {
  readonly method?: 'GET' | 'POST' | 'PUT';
  /** Below `/v4/spreadsheets/`; each part is encoded. */
  readonly path: readonly string[];
  readonly verb?: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: JsonValue;
}

async function call<T>(options: SheetsOptions, schema: z.ZodType<T>, wanted: Call): Promise<T> {
  const { signal } = options;
  try {
    const token = await options.token(signal);
    const response = await options.send(requestOf(options.baseUrl, token, wanted), signal);
    const content = jsonOf(response.body);
    if (response.status < 200 || response.status > 299) throw refusal(response.status, content);
    return expected(schema, content);
  } catch (error) {
    if (!(error instanceof HttpFailure)) throw error;
    throw new SheetsFailure('other', error.message, { cause: error });
  }
}

function requestOf(baseUrl: string, token: string, wanted: Call): HttpRequest {
  const { method = 'GET', path, verb = '', query = {}, body } = wanted;
  const place = path.map((part) => encodeURIComponent(part)).join('/') + verb;
  const url = new URL(`${baseUrl.replace(/\/$/, '')}/v4/spreadsheets/${place}`);
  for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
  const type = body === undefined ? {} : { 'content-type': 'application/json' };
  return {
    method,
    url: url.href,
    headers: { authorization: `Bearer ${token}`, ...type },
    body: body === undefined ? { kind: 'none' } : { kind: 'text', text: JSON.stringify(body) },
    timeoutSeconds,
    followRedirects: false,
    maxBytes,
  };
}

function expected<T>(schema: z.ZodType<T>, content: unknown): T {
  const answer = schema.safeParse(content);
  if (answer.success) return answer.data;
  throw new SheetsFailure('other', 'Google gave an answer that is not one of its own', {
    cause: answer.error,
  });
}

/** Google's error, as its APIs write it. */
function refusal(status: number, content: unknown): SheetsFailure {
  const facts = z
    .object({ error: z.object({ message: z.string(), status: z.string().optional() }) })
    .safeParse(content);
  const message = facts.data?.error.message ?? 'no reason was given';
  const text = `Google answered HTTP ${status}: ${message}`;
  const code = facts.data?.error.status ?? null;
  return new SheetsFailure(status === 401 ? 'login' : 'api', text, { status, code });
}
