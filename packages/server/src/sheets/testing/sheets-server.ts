import { createPublicKey, generateKeyPairSync, verify } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';

type Cell = Readonly<Record<string, unknown>>;

interface Sheet {
  readonly sheetId: number;
  readonly title: string;
  readonly rows: Cell[][];
}

interface Answer {
  readonly status: number;
  readonly body: unknown;
}

/** A stand-in of the Google Sheets API and of Google's token exchange, on loopback, with one spreadsheet `1AbC`. */
export interface SheetsServer {
  readonly url: string;
  /** The token that it takes until it has handed out another. */
  readonly token: string;
  /** A key file of the service account that it knows. */
  readonly serviceAccount: string;
  /** How many tokens it has handed out. */
  readonly grants: number;
  /** The values of a sheet, as they are shown. */
  values(title: string): readonly (readonly string[])[];
  /** A cell in full: row and column from 0. */
  cell(title: string, row: number, column: number): Cell;
  close(): Promise<void>;
}

const email = 'robot@project.iam.gserviceaccount.com';

class Refusal extends Error {
  readonly status: number;
  readonly code: string;

  constructor(status: number, code: string, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

function shown(cell: Cell): string {
  const value = (cell.userEnteredValue ?? {}) as Record<string, unknown>;
  const [content] = Object.values(value);
  if (content === undefined) return '';
  return typeof content === 'boolean' ? String(content).toUpperCase() : String(content);
}

/** A value as if a user had typed it. */
function typed(value: unknown): Cell {
  if (typeof value === 'boolean') return { userEnteredValue: { boolValue: value } };
  const text = String(value);
  if (text.startsWith('=')) return { userEnteredValue: { formulaValue: text } };
  const isNumber = text.trim() !== '' && !Number.isNaN(Number(text));
  return { userEnteredValue: isNumber ? { numberValue: Number(text) } : { stringValue: text } };
}

const letters = (column: number): string =>
  (column < 26 ? '' : letters(Math.floor(column / 26) - 1)) +
  String.fromCharCode(65 + (column % 26));
const columnOf = (text: string): number =>
  [...text.toUpperCase()].reduce((sum, letter) => sum * 26 + letter.charCodeAt(0) - 64, 0) - 1;

interface Box {
  readonly sheet: Sheet;
  readonly row: number;
  readonly column: number;
  readonly lastRow: number;
  readonly lastColumn: number;
}

function title(sheet: Sheet): string {
  return /^\w+$/.test(sheet.title) ? sheet.title : `'${sheet.title.replaceAll("'", "''")}'`;
}

function a1({ sheet, row, column, lastRow, lastColumn }: Box): string {
  return `${title(sheet)}!${letters(column)}${row + 1}:${letters(lastColumn)}${lastRow + 1}`;
}

class Spreadsheet {
  readonly sheets: Sheet[] = [{ sheetId: 0, title: 'Sheet1', rows: [] }];

  sheet(name: string): Sheet {
    const found = this.sheets.find((sheet) => sheet.title === name);
    if (found === undefined)
      throw new Refusal(400, 'INVALID_ARGUMENT', `Unable to parse range: ${name}`);
    return found;
  }

  byId(id: unknown): Sheet {
    const found = this.sheets.find((sheet) => sheet.sheetId === id);
    if (found === undefined) throw new Refusal(400, 'INVALID_ARGUMENT', `No grid with id: ${id}`);
    return found;
  }

  whole(name: string): Box {
    return { sheet: this.sheet(name), row: 0, column: 0, lastRow: 999, lastColumn: 25 };
  }

  box(range: string): Box {
    const match = /^(?:'((?:[^']|'')+)'|([^!']+))(?:!([A-Z]*)(\d*)(?::([A-Z]*)(\d*))?)?$/.exec(
      range,
    );
    if (match === null)
      throw new Refusal(400, 'INVALID_ARGUMENT', `Unable to parse range: ${range}`);
    const [, quoted, plain, column, row, lastColumn, lastRow] = match;
    const sheet = this.sheet(quoted?.replaceAll("''", "'") ?? plain ?? '');
    const isCell = column !== undefined && !range.includes(':');
    return {
      sheet,
      row: row ? Number(row) - 1 : 0,
      column: column ? columnOf(column) : 0,
      lastRow: lastRow ? Number(lastRow) - 1 : isCell && row ? Number(row) - 1 : 999,
      lastColumn: lastColumn ? columnOf(lastColumn) : isCell ? columnOf(column) : 25,
    };
  }

  put(sheet: Sheet, row: number, column: number, cell: Cell | null): void {
    while (sheet.rows.length <= row) sheet.rows.push([]);
    const cells = sheet.rows[row] ?? [];
    while (cells.length < column) cells.push({});
    if (cell !== null) cells[column] = cell;
    else cells[column] ??= {};
  }

  cells(box: Box): Cell[][] {
    return box.sheet.rows
      .slice(box.row, box.lastRow + 1)
      .map((row) => row.slice(box.column, box.lastColumn + 1));
  }

  values(box: Box): string[][] {
    const rows = this.cells(box).map((row) => trimmed(row.map(shown), (text) => text === ''));
    return trimmed(rows, (row) => row.length === 0);
  }

  write(box: Box, rows: readonly (readonly unknown[])[]): string {
    const width = Math.max(...rows.map((row) => row.length));
    for (const [y, row] of rows.entries())
      for (const [x, value] of row.entries())
        this.put(box.sheet, box.row + y, box.column + x, value === null ? null : typed(value));
    return a1({ ...box, lastRow: box.row + rows.length - 1, lastColumn: box.column + width - 1 });
  }
}

function trimmed<T>(items: readonly T[], isEmpty: (item: T) => boolean): T[] {
  return items.slice(0, items.findLastIndex((item) => !isEmpty(item)) + 1);
}

type Json = Record<string, unknown>;

function batch(spreadsheet: Spreadsheet, requests: readonly Json[]): Json {
  const replies = requests.map((request) => {
    const [[kind = '', content] = []] = Object.entries(request);
    return apply(spreadsheet, kind, content as Json);
  });
  return { spreadsheetId: '1AbC', replies };
}

function apply(spreadsheet: Spreadsheet, kind: string, content: Json): Json {
  switch (kind) {
    case 'addSheet': {
      const properties = { ...(content.properties as { title: string }), sheetId: 1000 };
      spreadsheet.sheets.push({ sheetId: 1000, title: properties.title, rows: [] });
      return { addSheet: { properties } };
    }
    case 'appendCells': {
      const sheet = spreadsheet.byId(content.sheetId);
      putRows(spreadsheet, { sheet, row: sheet.rows.length, column: 0 }, content);
      return {};
    }
    case 'updateCells': {
      const start = content.start as { sheetId: number; rowIndex: number; columnIndex: number };
      const sheet = spreadsheet.byId(start.sheetId);
      putRows(spreadsheet, { sheet, row: start.rowIndex, column: start.columnIndex }, content);
      return {};
    }
    default:
      throw new Refusal(400, 'INVALID_ARGUMENT', `Unknown request ${kind}`);
  }
}

function putRows(
  spreadsheet: Spreadsheet,
  place: { readonly sheet: Sheet; readonly row: number; readonly column: number },
  content: Json,
): void {
  for (const [y, { values }] of (content.rows as { values: Cell[] }[]).entries())
    for (const [x, cell] of values.entries())
      spreadsheet.put(place.sheet, place.row + y, place.column + x, cell);
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}

function serve(spreadsheet: Spreadsheet, method: string, url: URL, body: Json): unknown {
  const [, id, verb, kind, range] =
    /^\/v4\/spreadsheets\/([^/:]+)(:batchUpdate)?(?:\/(values)\/([^/]+))?$/.exec(url.pathname) ??
    [];
  if (id !== '1AbC') throw new Refusal(404, 'NOT_FOUND', 'Requested entity was not found.');
  if (verb !== undefined && method === 'POST')
    return batch(spreadsheet, body.requests as readonly Json[]);
  if (kind === undefined) return overview(spreadsheet, url.searchParams.get('ranges'));
  const [text = '', append] = decodeURIComponent(range ?? '').split(/(:append)$/);
  return values(spreadsheet, `${method}${append ?? ''}`, { box: spreadsheet.box(text), body });
}

function overview(spreadsheet: Spreadsheet, range: string | null): Json {
  if (range === null) {
    const sheets = spreadsheet.sheets.map(({ sheetId, title }) => ({
      properties: { sheetId, title },
    }));
    return { sheets };
  }
  const rowData = spreadsheet.cells(spreadsheet.box(range)).map((row) => ({
    values: row.map((cell) => ({ ...cell, formattedValue: shown(cell) })),
  }));
  return { sheets: [{ merges: [], data: [{ rowData }] }] };
}

function values(
  spreadsheet: Spreadsheet,
  call: string,
  { box, body }: { readonly box: Box; readonly body: Json },
): Json {
  const rows = body.values as readonly (readonly unknown[])[];
  switch (call) {
    case 'GET': {
      const found = spreadsheet.values(box);
      return { range: a1(box), ...(found.length > 0 && { values: found }) };
    }
    case 'PUT':
      return { updatedRange: spreadsheet.write(box, rows) };
    case 'POST:append': {
      const updatedRange = spreadsheet.write({ ...box, row: box.sheet.rows.length }, rows);
      return { updates: { updatedRange } };
    }
    default:
      throw new Refusal(404, 'NOT_FOUND', `No method ${call}`);
  }
}

/** Starts one, with a service account of its own. */
export async function startSheetsServer(): Promise<SheetsServer> {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const spreadsheet = new Spreadsheet();
  const state = { token: 'ya29.first', grants: 0 };

  function grant(body: string, tokenUri: string): Answer {
    const [head = '', claims = '', signature = ''] = (
      new URLSearchParams(body).get('assertion') ?? ''
    ).split('.');
    const facts = JSON.parse(Buffer.from(claims, 'base64url').toString());
    const isSigned = verify(
      'RSA-SHA256',
      Buffer.from(`${head}.${claims}`),
      createPublicKey(publicKey.export({ type: 'spki', format: 'pem' })),
      Buffer.from(signature, 'base64url'),
    );
    if (!isSigned || facts.iss !== email || facts.aud !== tokenUri || facts.exp <= facts.iat)
      return { status: 400, body: { error: 'invalid_grant', error_description: 'Bad signature' } };
    state.grants += 1;
    state.token = `ya29.${state.grants}`;
    return { status: 200, body: { access_token: state.token, expires_in: 3600 } };
  }

  async function answer(request: IncomingMessage): Promise<Answer> {
    const target = new URL(request.url ?? '/', url);
    const body = await bodyOf(request);
    if (target.pathname === '/token') return grant(body, target.href);
    if (request.headers.authorization !== `Bearer ${state.token}`)
      throw new Refusal(401, 'UNAUTHENTICATED', 'Request had invalid authentication credentials.');
    const content = body === '' ? {} : JSON.parse(body);
    return { status: 200, body: serve(spreadsheet, request.method ?? '', target, content) };
  }

  const server = createServer((request, response) => {
    answer(request)
      .catch((error: unknown): Answer => {
        if (!(error instanceof Refusal)) throw error;
        const { status, code, message } = error;
        return { status, body: { error: { code: status, message, status: code } } };
      })
      .then(({ status, body }) => {
        response.writeHead(status, { 'content-type': 'application/json' });
        response.end(JSON.stringify(body));
      });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url,
    get token() {
      return state.token;
    },
    get grants() {
      return state.grants;
    },
    serviceAccount: JSON.stringify({
      type: 'service_account',
      client_email: email,
      private_key_id: 'k1',
      private_key: privateKey.export({ type: 'pkcs8', format: 'pem' }),
      token_uri: `${url}/token`,
    }),
    values: (name) => spreadsheet.values(spreadsheet.whole(name)),
    cell: (name, row, column) => spreadsheet.sheet(name).rows[row]?.[column] ?? {},
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
