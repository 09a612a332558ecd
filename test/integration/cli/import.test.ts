import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Lapwing, startLapwing } from '../../support/lapwing.ts';
import { lapwingCommand } from './support.ts';

let lapwing: Lapwing;
let folder: string;

beforeAll(async () => {
  lapwing = await startLapwing();
  folder = await mkdtemp(join(tmpdir(), 'lapwing-import-'));
});
afterAll(async () => {
  await lapwing.close();
  await rm(folder, { recursive: true });
});

const importing = (path: string, ...options: string[]) =>
  lapwingCommand(['import', path, ...options], {
    LAPWING_URL: lapwing.url,
    LAPWING_API_KEY: lapwing.apiKey,
  });
const file = async (name: string, content: string) => {
  const path = join(folder, name);
  await mkdir(join(path, '..'), { recursive: true });
  await writeFile(path, content);
  return path;
};

const yaml = `title: Morning
folder_id: fld_7
workflow_definition:
  parameters:
    - parameter_type: workflow
      workflow_parameter_type: credential_id
      key: login
  blocks:
    - block_type: wait
      label: a pause
      wait_sec: "2"
      colour: red
    - block_type: code
      label: after
      code: return 1
`;

it('says of each workflow what was kept, changed and not kept, and what to see to', async () => {
  const path = await file('one.yaml', yaml.replace('folder_id: fld_7\n', ''));
  const { code, stdout } = await importing(path);
  expect(code).toBe(0);
  const lines = stdout
    .trimEnd()
    .split('\n')
    .map((line) => line.trim());
  expect(lines).toEqual([
    `✓ ${path}`,
    expect.stringMatching(/^kept as wpid_\S+ "Morning": 2 blocks, 1 parameters$/),
    'changed workflow_definition.blocks[0].label: "a pause" → "a_pause"',
    'not kept workflow_definition.blocks[0].colour: "red"',
    'see to it: parameter login names a credential: it has to be entered here',
  ]);
  const id = /wpid_\w+/.exec(stdout)?.[0];
  const { body } = await lapwing.request('GET', `/v1/agents/${id}`);
  expect(body).toMatchObject({ title: 'Morning', version: 1 });
});

it('leaves out the folder, which is one of another server', async () => {
  const path = await file('folder.json', '[]');
  await writeFile(
    path,
    JSON.stringify([
      {
        title: 'Filed',
        folder_id: 'fld_7',
        workflow_definition: { parameters: [], blocks: [] },
      },
    ]),
  );
  const { code, stdout } = await importing(path);
  expect([code, stdout]).toEqual([0, expect.stringContaining('not kept folder_id: "fld_7"')]);
});

it('takes what a server answered, and brings it back the same', async () => {
  const definition = {
    title: 'Loop',
    workflow_definition: {
      finally_block_label: 'end',
      parameters: [
        { parameter_type: 'workflow', workflow_parameter_type: 'json', key: 'items' },
        { parameter_type: 'context', key: 'name', source_parameter_key: 'items' },
      ],
      blocks: [
        {
          block_type: 'for_loop',
          label: 'each',
          loop_over_parameter_key: 'items',
          next_block_label: 'choose',
          loop_blocks: [
            { block_type: 'code', label: 'inner', code: 'return name', parameter_keys: ['name'] },
          ],
        },
        {
          block_type: 'conditional',
          label: 'choose',
          branch_conditions: [
            { criteria: { expression: '{{ items }}' }, next_block_label: 'end' },
            { is_default: true },
          ],
        },
        { block_type: 'wait', label: 'end', wait_sec: 1 },
      ],
    },
  };
  const first = await lapwing.request('POST', '/v1/agents', { json_definition: definition });
  expect(first.status).toBe(200);
  const path = await file('stored.json', JSON.stringify(first.body));
  const { code, stdout } = await importing(path, '--json');
  expect(code).toBe(0);
  const [outcome] = JSON.parse(stdout);
  expect(outcome).toMatchObject({
    kind: 'imported',
    blocks: 3,
    parameters: 2,
    changed: [],
    dropped: [],
    doubts: [],
  });
  const again = await lapwing.request('GET', `/v1/agents/${outcome.workflow_permanent_id}`);
  const plain = (value: unknown) =>
    JSON.parse(JSON.stringify(value), (key, item) => (/(^|_)id$|_at$/.test(key) ? undefined : item))
      .workflow_definition;
  expect(plain(again.body)).toEqual(plain(first.body));
});

it('goes through a folder, and ends with 1 when a workflow could not be imported', async () => {
  await file('many/sub/good.yml', yaml.replace('folder_id: fld_7\n', ''));
  await file('many/list.json', JSON.stringify([{ title: 'No definition' }]));
  await file('many/broken.yaml', 'title: [');
  await file('many/refused.yaml', yaml.replace('folder_id: fld_7\n', '').replace('"2"', '0'));
  await file('many/readme.txt', 'nothing');
  const { code, stdout, stderr } = await importing(join(folder, 'many'));
  expect(code).toBe(1);
  expect(stderr).toContain('3 of 4 workflows could not be imported');
  const marks = stdout.split('\n').filter((line) => /^[✓✗]/.test(line));
  expect(marks).toEqual([
    expect.stringMatching(/^✗ .*broken\.yaml$/),
    expect.stringMatching(/^✗ .*list\.json \(1\)$/),
    expect.stringMatching(/^✗ .*refused\.yaml$/),
    expect.stringMatching(/^✓ .*good\.yml$/),
  ]);
  expect(stdout).toMatch(/wait_sec/);
  expect(stdout).toMatch(/not valid YAML/);
});

it('says when there is nothing to import', async () => {
  await mkdir(join(folder, 'empty'));
  expect((await importing(join(folder, 'empty'))).stderr).toContain('.yaml');
  expect((await importing(join(folder, 'gone'))).stderr).toContain('cannot be read');
});
