import { readFile } from 'node:fs/promises';
import { type SheetsCapability, SheetsFailure } from '@lapwing/workflow';
import type { HttpClient } from '../egress/http-client.ts';
import { LapwingError } from '../errors.ts';
import { sheetsApi } from '../sheets/api.ts';
import {
  type SendRequest,
  serviceAccountKey,
  serviceAccountTokens,
  type TokenSource,
} from '../sheets/service-account.ts';

/** The Google account of this Lapwing, as its operator set it. */
export interface SheetsSettings {
  /** Where the API is. */
  readonly baseUrl: string;
  /** A token that is used as it is. */
  readonly accessToken: string | null;
  /** Path of the key file of a service account; goes before a token. */
  readonly serviceAccount: string | null;
}

/** Google Sheets for every run of a worker: the account's tokens are shared. */
export type SheetsAccess = (signal: AbortSignal) => SheetsCapability;

const noAccount =
  'This Lapwing has no Google account: its operator names one in LAPWING_GOOGLE_SERVICE_ACCOUNT or LAPWING_GOOGLE_ACCESS_TOKEN.';

/**
 * Reads the account's key.
 * @throws LapwingError `invalid_state` when the key file is not one
 */
export async function openSheets(
  settings: SheetsSettings,
  http: HttpClient,
): Promise<SheetsAccess> {
  const send: SendRequest = (request, signal) => http.request(request, signal);
  const token = await tokenSource(settings, send);
  return (signal) => sheetsApi({ baseUrl: settings.baseUrl, token, send, signal });
}

async function tokenSource(settings: SheetsSettings, send: SendRequest): Promise<TokenSource> {
  const { accessToken, serviceAccount } = settings;
  if (serviceAccount !== null) return serviceAccountTokens(await readKey(serviceAccount), send);
  if (accessToken !== null) return async () => accessToken;
  return async () => {
    throw new SheetsFailure('not_set_up', noAccount);
  };
}

async function readKey(path: string): ReturnType<typeof parseKey> {
  try {
    return await parseKey(await readFile(path, 'utf8'));
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new LapwingError(
      'invalid_state',
      `LAPWING_GOOGLE_SERVICE_ACCOUNT: ${path} is no key file of a service account: ${why}`,
      { cause: error },
    );
  }
}

async function parseKey(text: string) {
  return await serviceAccountKey.parseAsync(JSON.parse(text));
}
