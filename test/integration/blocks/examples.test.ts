import { readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  blockTypes,
  isJsonObject,
  type JsonObject,
  type JsonValue,
  type RequestBlock,
  type WorkflowRequest,
} from '@lapwing/workflow';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readDefinition } from '../../../packages/server/src/domain/workflows/document.ts';
import {
  type MailServer,
  startMailServer,
} from '../../../packages/server/src/mail/testing/mail-server.ts';
import {
  type SheetsServer,
  startSheetsServer,
} from '../../../packages/server/src/sheets/testing/sheets-server.ts';
import {
  type S3Server,
  s3Keys,
  startS3Server,
} from '../../../packages/server/src/targets/testing/s3-server.ts';
import { blockOutputs } from '../../../packages/workflow/src/examples/outputs.ts';
import { credentials } from '../../site/portal.ts';
import { type Site, startSite } from '../../site/site.ts';
import { type Lapwing, startLapwing } from '../../support/lapwing.ts';
import { ended, eventOf, runBlocks, startRun } from '../../support/runs.ts';

const folder = new URL('../../../packages/workflow/src/examples/', import.meta.url);
/** The one spreadsheet of the stand-in. */
const sheet = 'https://docs.google.com/spreadsheets/d/1AbC/edit';
const fileName = (type: string) => `${type.replaceAll('_', '-')}.yaml`;
const yamlOf = (type: string) => readFileSync(new URL(fileName(type), folder), 'utf8');

const types = blockTypes.map(({ type }) => type);
const missingAt = (type: string) => blockOutputs[type]?.missing;
const needsAgent = (type: string) => missingAt(type)?.what === 'the agent';
/** A mailbox takes a mail server with IMAP; `email-inbox.test.ts` has one. */
const completing = types.filter((type) => !needsAgent(type) && type !== 'email_inbox');
const failing = types.filter((type) => missingAt(type) !== undefined);

const read = (type: string): WorkflowRequest => readDefinition({ yaml_definition: yamlOf(type) });

function findBlock(blocks: readonly RequestBlock[], type: string): RequestBlock | undefined {
  const inner = () => blocks.flatMap(({ loop_blocks: body }) => findBlock(body ?? [], type) ?? []);
  return blocks.find(({ block_type }) => block_type === type) ?? inner()[0];
}

/** Where a value has not the names and kinds of a sample. A null in the sample stands for anything. */
function differences(sample: JsonValue, value: JsonValue | undefined, path = 'output'): string[] {
  if (sample === null) return value === undefined ? [`${path} is not there`] : [];
  if (Array.isArray(sample)) {
    if (!Array.isArray(value)) return [`${path} is no list`];
    const [first] = sample;
    return first === undefined ? [] : differences(first, value[0], `${path}[0]`);
  }
  if (!isJsonObject(sample))
    return typeof value === typeof sample ? [] : [`${path} is no ${typeof sample}`];
  if (!isJsonObject(value)) return [`${path} is no object`];
  return Object.entries(sample).flatMap(([name, inside]) =>
    differences(inside, value[name], `${path}.${name}`),
  );
}

describe('the examples of docs/blocks.md', () => {
  it('are there for every block type, with a description of its output, and for nothing else', () => {
    const files = readdirSync(folder).filter((name) => name.endsWith('.yaml'));
    expect(files.sort()).toEqual(types.map(fileName).sort());
    expect(Object.keys(blockOutputs).sort()).toEqual([...types].sort());
  });

  it.each(types)('are valid definitions that use their type: %s', (type) => {
    expect(findBlock(read(type).workflow_definition.blocks, type)).toBeDefined();
  });

  describe('as runs', () => {
    let site: Site;
    let s3: S3Server;
    let google: SheetsServer;
    let relay: MailServer;
    let directory: string;
    /** A server with everything set up that stands outside, and one with nothing. */
    let equipped: Lapwing;
    let bare: Lapwing;

    beforeAll(async () => {
      [site, s3, google, relay] = await Promise.all([
        startSite(),
        startS3Server(['invoices', 'platform']),
        startSheetsServer(),
        startMailServer({ disabledCommands: ['STARTTLS', 'AUTH'] }),
      ]);
      directory = await mkdtemp(join(tmpdir(), 'lapwing-examples-'));
      const key = join(directory, 'key.json');
      await writeFile(key, google.serviceAccount);
      const common = { LAPWING_RECORDING: 'off' };
      [equipped, bare] = await Promise.all([
        startLapwing({
          ...common,
          LAPWING_S3_ENDPOINT: s3.url,
          LAPWING_S3_BUCKET: 'platform/test',
          LAPWING_S3_ACCESS_KEY_ID: s3Keys.accessKeyId,
          LAPWING_S3_SECRET_ACCESS_KEY: s3Keys.secretAccessKey,
          LAPWING_GOOGLE_API_URL: google.url,
          LAPWING_GOOGLE_SERVICE_ACCOUNT: key,
          LAPWING_SMTP_URL: `smtp://127.0.0.1:${relay.port}`,
          LAPWING_MAIL_FROM: 'Lapwing <lapwing@server.test>',
        }),
        startLapwing(common),
      ]);
      await fillSheet();
    });

    afterAll(async () => {
      await Promise.all([equipped?.close(), bare?.close()]);
      await Promise.all([site?.close(), s3?.close(), google?.close(), relay?.close()]);
      await rm(directory, { recursive: true, force: true });
    });

    /** What the example of `google_sheets_read` reads. */
    async function fillSheet(): Promise<void> {
      const values = '[["name", "qty"], ["nut", "4"]]';
      const block = { block_type: 'google_sheets_write', label: 'fill', spreadsheet_url: sheet };
      const run = await runBlocks(equipped, [{ ...block, values }]);
      expect(run.status).toBe('completed');
    }

    async function create(lapwing: Lapwing, type: string): Promise<string> {
      const body = { yaml_definition: yamlOf(type) };
      const { status, body: workflow } = await lapwing.request('POST', '/v1/workflows', body);
      expect(status, JSON.stringify(workflow)).toBe(200);
      return workflow.workflow_permanent_id;
    }

    /** Values for the parameters that an example declares. */
    async function parametersOf(lapwing: Lapwing, type: string): Promise<Record<string, string>> {
      const declared = read(type).workflow_definition.parameters.map(({ key }) => key);
      const values = {
        site_url: site.url,
        contract: `${site.url}/downloads/terms.pdf`,
        password: credentials.password,
        spreadsheet: sheet,
        bucket: 'invoices',
        access_key_id: s3Keys.accessKeyId,
        secret_access_key: s3Keys.secretAccessKey,
        ...(declared.includes('other_workflow') && {
          other_workflow: await create(lapwing, 'wait'),
        }),
      };
      return Object.fromEntries(Object.entries(values).filter(([key]) => declared.includes(key)));
    }

    async function start(lapwing: Lapwing, type: string): Promise<string> {
      const parameters = await parametersOf(lapwing, type);
      return await startRun(lapwing, await create(lapwing, type), { parameters });
    }

    it.concurrent.each(completing)('complete, and leave what is described: %s', async (type) => {
      const runId = await start(equipped, type);
      if (type === 'human_interaction') {
        await eventOf(equipped, runId, ({ data }) => data.status === 'paused');
        await equipped.request('POST', `/v1/workflows/runs/${runId}/continue`);
      }
      const run = await ended(equipped, runId);
      expect(run).toMatchObject({ status: 'completed', failure_reason: null });
      const label = findBlock(read(type).workflow_definition.blocks, type)?.label;
      const sample = blockOutputs[type]?.sample;
      expect(sample).toBeDefined();
      const output = run.output as JsonObject;
      expect(differences(sample ?? null, output[`${label}_output`])).toEqual([]);
    });

    it.concurrent.each(failing)('say what is missing on a server without it: %s', async (type) => {
      const run = await ended(bare, await start(bare, type));
      expect(run.status).toBe('failed');
      expect(run.failure_reason).toContain(missingAt(type)?.failure);
    });
  });
});
