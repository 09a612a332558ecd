import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';
import { z } from 'zod';
import { bucketFault, type S3Bucket } from './lib/s3.ts';
import { parseS3Address } from './lib/s3-address.ts';

const list = z.string().transform((text) =>
  text
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== ''),
);
const whole = (minimum: number, maximum: number) =>
  z.coerce.number().int().min(minimum).max(maximum);
const onOff = z.stringbool({
  truthy: ['true', '1', 'on', 'yes'],
  falsy: ['false', '0', 'off', 'no'],
});
const viewport = z
  .string()
  .regex(/^\d{2,5}x\d{2,5}$/, 'must look like 1280x720')
  .transform((text) => {
    const [width = 0, height = 0] = text.split('x').map(Number);
    return { width, height };
  });
/** The address of a mail server with its login; letters such as @ in it are percent-encoded. */
const mailUrl = (scheme: 'smtp' | 'imap') =>
  z
    .url({ protocol: new RegExp(`^${scheme}s?$`), hostname: /./ })
    .refine((text) => hasReadableLogin(text), 'has a % in its login that begins no code');
const bucketUrl = z.string().transform((text, context) => {
  try {
    return parseS3Address(text);
  } catch (error) {
    context.addIssue({
      code: 'custom',
      message: error instanceof Error ? error.message : String(error),
    });
    return z.NEVER;
  }
});
const timeZone = z
  .string()
  .refine((name) => isTimeZone(name), 'must be an IANA time zone such as Europe/Berlin');

function hasReadableLogin(text: string): boolean {
  try {
    const { username, password } = new URL(text);
    decodeURIComponent(username);
    decodeURIComponent(password);
    return true;
  } catch {
    return false;
  }
}

function isTimeZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== '';
  } catch {
    return false;
  }
}

/** Every setting: its environment variable is its key. `npm run generate` lists them in README. */
export const settings = z.object({
  LAPWING_HOST: z.string().min(1).default('127.0.0.1').describe('Address to listen on'),
  LAPWING_PORT: whole(0, 65_535).default(8000).describe('Port to listen on; 0 takes a free one'),
  LAPWING_PUBLIC_URL: z
    .url({ protocol: /^https?$/ })
    .optional()
    .describe(
      'Address under which clients reach the server; it begins the signed addresses of files',
    ),
  LAPWING_DATA_DIR: z
    .string()
    .min(1)
    .default('.lapwing')
    .transform((path) => resolve(path))
    .describe('Folder of the embedded database, the files of runs and the secret key'),
  DATABASE_URL: z
    .url({ protocol: /^postgres(ql)?$/ })
    .optional()
    .describe('A PostgreSQL server to use in place of the embedded database'),
  LAPWING_STORAGE_URL: bucketUrl
    .optional()
    .describe(
      'Where files are kept: `s3://bucket` or `s3://bucket/folder`, which workers on other hosts reach too; without it, the data folder. What it leaves out of `s3://key:secret@bucket/folder?endpoint=https://…&region=…` is taken from the settings `LAPWING_S3_…`',
    ),
  LAPWING_API_KEY: z
    .string()
    .regex(/^[\x21-\x7e]{8,4096}$/, 'must be 8 to 4096 visible ASCII characters')
    .optional()
    .describe(
      "Presets the first organization's API key; without it one is made and shown at the first start",
    ),
  LAPWING_SECRET_KEY: z
    .string()
    .regex(/^[0-9a-f]{64}$/i, 'must be 64 hexadecimal digits (32 bytes)')
    .optional()
    .describe(
      'Seals secrets in the database and signs addresses of files; without it a key file is kept in the data folder',
    ),
  LAPWING_ALLOW_HOSTS: list
    .prefault('')
    .describe(
      'Private hosts that workflows and webhooks may reach: `host` or `host:port`, separated by commas',
    ),
  LAPWING_SLOTS: whole(1, 1000)
    .default(10)
    .describe('Runs that a worker carries out at the same time'),
  LAPWING_MAX_RUNS_PER_ORGANIZATION: whole(1, 1_000_000)
    .optional()
    .describe(
      'Runs of one organization that go on at the same time, over all workers; an organization may have its own limit',
    ),
  LAPWING_LEASE_SECONDS: whole(2, 3600)
    .default(15)
    .describe('After so long without a sign of life of its worker, a run is taken up by another'),
  LAPWING_MAX_BROWSERS: whole(1, 500)
    .default(Math.max(2, availableParallelism()))
    .describe('Browsers that a worker has open at the same time; runs that need one more wait'),
  LAPWING_WARM_BROWSERS: whole(0, 100).default(1).describe('Browsers kept ready for the next run'),
  LAPWING_BROWSER_PATH: z
    .string()
    .min(1)
    .optional()
    .describe('The Chromium to use; without it one is looked for'),
  LAPWING_BROWSER_ARGS: list
    .prefault('')
    .describe('Further start flags of Chromium, separated by commas'),
  LAPWING_VIEWPORT: viewport.prefault('1280x720').describe('Size of the page in pixels'),
  LAPWING_LOCALE: z.string().min(2).default('en-US').describe('Language that pages see'),
  LAPWING_TIME_ZONE: timeZone
    .optional()
    .describe("Time zone that pages see; without it the machine's"),
  LAPWING_NAVIGATION_TIMEOUT_SECONDS: whole(1, 600)
    .default(60)
    .describe('How long a page may take to load'),
  LAPWING_RECORDING: onOff.prefault('on').describe('Whether runs are recorded as video'),
  LAPWING_WARM_PYTHON: onOff
    .prefault('on')
    .describe('Whether a Python for code blocks is made ready at start, not at first use'),
  LAPWING_CODE_BLOCKS: onOff.prefault('on').describe('Whether code of users is run at all'),
  LAPWING_CODE_MEMORY_MB: whole(32, 8192).default(256).describe('Memory that a code block may use'),
  LAPWING_DRAIN_SECONDS: whole(0, 3600)
    .default(20)
    .describe('Time that running blocks get to finish when the server is told to stop'),
  LAPWING_S3_ENDPOINT: z
    .url({ protocol: /^https?$/ })
    .optional()
    .describe(
      'A server that speaks S3 (MinIO, Ceph, R2 …), used by every block and by LAPWING_STORAGE_URL in place of AWS; for blocks, name a private one in LAPWING_ALLOW_HOSTS too',
    ),
  LAPWING_S3_BUCKET: z
    .string()
    .regex(/^[\w-][\w.-]+(?:\/[^/]+)*$/, 'must be a bucket, or a folder in it: bucket/folder')
    .optional()
    .describe(
      'Bucket of `upload_to_s3` and `download_to_s3`; may go on with a folder: `bucket/folder`',
    ),
  LAPWING_S3_REGION: z.string().min(1).optional().describe('Region of these buckets'),
  LAPWING_S3_ACCESS_KEY_ID: z
    .string()
    .min(1)
    .optional()
    .describe('Key that may write to these buckets'),
  LAPWING_S3_SECRET_ACCESS_KEY: z.string().min(1).optional().describe('Secret of that key'),
  LAPWING_AZURE_BLOB_URL: z
    .string()
    .regex(/^https?:\/\/[^\s]+$/, 'must be an http(s) address')
    .default('https://{account}.blob.core.windows.net')
    .describe('Address of Azure blobs; `{account}` stands for the account (other clouds, Azurite)'),
  LAPWING_GOOGLE_ACCESS_TOKEN: z
    .string()
    .min(1)
    .optional()
    .describe('OAuth token for what blocks do at Google'),
  LAPWING_GOOGLE_DRIVE_URL: z
    .url({ protocol: /^https?$/ })
    .default('https://www.googleapis.com')
    .describe('Address of the Google Drive API'),
  LAPWING_GOOGLE_SERVICE_ACCOUNT: z
    .string()
    .min(1)
    .transform((path) => resolve(path))
    .optional()
    .describe(
      "Key file of a Google service account, for blocks that read and write spreadsheets; share them with the account's address",
    ),
  LAPWING_GOOGLE_API_URL: z
    .url({ protocol: /^https?$/ })
    .default('https://sheets.googleapis.com')
    .describe('Address of the Google Sheets API'),
  LAPWING_SMTP_URL: mailUrl('smtp')
    .optional()
    .describe(
      'Mail server of e-mail blocks that name none: `smtps://user:password@host:465`, or `smtp://` with STARTTLS where it is offered',
    ),
  LAPWING_MAIL_FROM: z
    .string()
    .min(3)
    .optional()
    .describe('Sender of e-mails that name none: `Lapwing <lapwing@example.com>`'),
  LAPWING_IMAP_URL: mailUrl('imap')
    .optional()
    .describe(
      'Mailbox that every workflow may read with `email_inbox`: `imaps://user:password@host:993`, or `imap://`',
    ),
  LAPWING_TEMPLATES: list
    .prefault('')
    .describe(
      'Workflows that every organization may read and run as templates: `wpid_…`, separated by commas',
    ),
  LAPWING_SCHEDULE_MIN_MINUTES: whole(1, 1440)
    .default(5)
    .describe('How close two runs of a schedule may be, in minutes'),
  LAPWING_WORKER_PORT: whole(0, 65_535)
    .optional()
    .describe(
      'Port on which a worker without an API answers `/health` and `/metrics`; without it, it does not listen',
    ),
  LAPWING_METRICS_TOKEN: z
    .string()
    .regex(/^[\x21-\x7e]{8,4096}$/, 'must be 8 to 4096 visible ASCII characters')
    .optional()
    .describe(
      'What `/metrics` asks for, as `authorization: Bearer …`; without it whoever reaches the server may read them',
    ),
  LAPWING_LOG_LEVEL: z
    .enum(['debug', 'info', 'warn', 'error', 'silent'])
    .default('info')
    .describe('How much is logged'),
});

export type Config = z.output<typeof settings>;

/** Settings that do not fit. `message` lists each with its value and what would be right. */
export class SettingsError extends Error {
  override readonly name = 'SettingsError';
}

/**
 * The bucket that keeps files, with the folder in it; null: the data folder keeps them.
 * @throws SettingsError when there is no key for it, or its region is none
 */
export function storageBucket(config: Config): (S3Bucket & { readonly folder: string }) | null {
  const { LAPWING_STORAGE_URL: address } = config;
  if (address === undefined) return null;
  const accessKeyId = address.accessKeyId ?? config.LAPWING_S3_ACCESS_KEY_ID;
  const secretAccessKey = address.secretAccessKey ?? config.LAPWING_S3_SECRET_ACCESS_KEY;
  if (accessKeyId === undefined || secretAccessKey === undefined) {
    throw new SettingsError(
      `LAPWING_STORAGE_URL names the bucket ${address.bucket}, but there is no key for it: set LAPWING_S3_ACCESS_KEY_ID and LAPWING_S3_SECRET_ACCESS_KEY, or write s3://key:secret@${address.bucket}`,
    );
  }
  const region = address.region ?? config.LAPWING_S3_REGION ?? null;
  const fault = bucketFault({ bucket: address.bucket, region });
  if (fault !== null) throw new SettingsError(`LAPWING_S3_REGION: ${fault}`);
  const endpoint = address.endpoint ?? config.LAPWING_S3_ENDPOINT ?? null;
  return { ...address, accessKeyId, secretAccessKey, region, endpoint };
}

/**
 * Reads the settings from environment variables. Empty ones count as not set; unknown `LAPWING_…` names are refused,
 * because a misspelt setting must not be silently without effect.
 * @throws SettingsError
 */
export function readConfig(environment: Readonly<Record<string, string | undefined>>): Config {
  const given = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ''));
  const known = Object.keys(settings.shape);
  const unknown = Object.keys(given)
    .filter(
      (name) =>
        name.startsWith('LAPWING_') &&
        !name.startsWith('LAPWING_TEST_') &&
        // Says to the command line where a server is.
        name !== 'LAPWING_URL' &&
        !known.includes(name),
    )
    .map((name) => `${name} is no setting of Lapwing. Settings: ${known.join(', ')}`);
  const parsed = settings.safeParse(given);
  const wrong = (parsed.error?.issues ?? []).map((issue) => {
    const name = String(issue.path[0]);
    const value = /KEY|URL/.test(name) ? '(hidden)' : JSON.stringify(given[name]);
    return `${name}=${value}: ${issue.message}`;
  });
  if (!parsed.success || unknown.length > 0)
    throw new SettingsError([...wrong, ...unknown].join('\n'));
  storageBucket(parsed.data);
  return parsed.data;
}

/** The process's environment, read nowhere else. */
export function environment(): Readonly<Record<string, string | undefined>> {
  return process.env;
}
