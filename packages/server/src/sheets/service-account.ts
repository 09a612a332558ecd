import { createPrivateKey, sign } from 'node:crypto';
import { type HttpCapability, SheetsFailure } from '@lapwing/workflow';
import { z } from 'zod';

/** Sends a request until the signal fires; rejects with HttpFailure. */
export type SendRequest = (
  request: Parameters<HttpCapability['request']>[0],
  signal: AbortSignal,
) => ReturnType<HttpCapability['request']>;

/** Gives a token of OAuth 2 for Google's APIs. Rejects with SheetsFailure. */
export type TokenSource = (signal: AbortSignal) => Promise<string>;

/** The key file of a service account, as Google's console gives it. */
export const serviceAccountKey = z.object({
  client_email: z.string().min(1),
  private_key: z.string().refine(isPrivateKey, 'must be a private key in PEM'),
  private_key_id: z.string().optional(),
  token_uri: z.url({ protocol: /^https?$/ }).default('https://oauth2.googleapis.com/token'),
});

export type ServiceAccountKey = z.output<typeof serviceAccountKey>;

const scope = 'https://www.googleapis.com/auth/spreadsheets';
const lifeSeconds = 3600;
/** A token is taken anew this long before it ends. */
const marginMs = 60_000;
const grantSchema = z.object({
  access_token: z.string().min(1),
  expires_in: z.number().optional(),
});

function isPrivateKey(pem: string): boolean {
  try {
    return createPrivateKey(pem).type === 'private';
  } catch {
    return false;
  }
}

function encoded(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

/** The signed claim that is exchanged for a token (RFC 7523). */
function assertion(key: ServiceAccountKey, now: number): string {
  const seconds = Math.floor(now / 1000);
  const header = {
    alg: 'RS256',
    typ: 'JWT',
    ...(key.private_key_id ? { kid: key.private_key_id } : {}),
  };
  const claims = {
    iss: key.client_email,
    scope,
    aud: key.token_uri,
    iat: seconds,
    exp: seconds + lifeSeconds,
  };
  const content = `${encoded(header)}.${encoded(claims)}`;
  return `${content}.${sign('RSA-SHA256', Buffer.from(content), key.private_key).toString('base64url')}`;
}

/** Tokens of a service account; each is kept until shortly before its end. */
export function serviceAccountTokens(key: ServiceAccountKey, send: SendRequest): TokenSource {
  let held: { readonly token: string; readonly until: number } | null = null;
  return async (signal) => {
    const now = Date.now();
    if (held !== null && held.until > now) return held.token;
    const response = await send(
      {
        method: 'POST',
        url: key.token_uri,
        headers: {},
        body: {
          kind: 'form',
          fields: {
            grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer',
            assertion: assertion(key, now),
          },
        },
        timeoutSeconds: 30,
        followRedirects: false,
        maxBytes: 1024 * 1024,
      },
      signal,
    );
    const grant = grantSchema.safeParse(jsonOf(response.body));
    if (response.status !== 200 || !grant.success)
      throw refused(key, { status: response.status, body: response.body });
    const { access_token: token, expires_in: life = lifeSeconds } = grant.data;
    held = { token, until: now + life * 1000 - marginMs };
    return token;
  };
}

function refused(
  key: ServiceAccountKey,
  answer: { readonly status: number; readonly body: Uint8Array },
): SheetsFailure {
  const facts = z
    .object({ error: z.string(), error_description: z.string().optional() })
    .safeParse(jsonOf(answer.body));
  const why = facts.data?.error_description ?? facts.data?.error ?? 'no reason was given';
  return new SheetsFailure(
    'login',
    `Google refuses the service account ${key.client_email} (HTTP ${answer.status}): ${why}`,
    { status: answer.status, code: facts.data?.error ?? null },
  );
}

/** The JSON of an answer; undefined when it is none. */
export function jsonOf(body: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(body));
  } catch {
    return undefined;
  }
}
