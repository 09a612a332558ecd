import { appendFile, mkdtemp, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ALL_FORMATS, EncodedPacketSink, FilePathSource, Input } from 'mediabunny';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { harLine } from './har-file.ts';
import { PacketLog } from './packet-log.ts';
import { joinParts, listParts, newPart, partFiles, removePartsBefore } from './run-parts.ts';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'lapwing-parts-'));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

const size = { width: 640, height: 360 };

/** A recording of so many pictures, five in a second, that begins half a second after its part. */
async function recordPart(begun: number, pictures: number): Promise<string> {
  const path = join(await newPart(directory, begun), partFiles.packets);
  const log = new PacketLog(path, size);
  for (let index = 0; index < pictures; index += 1) {
    const data = Buffer.alloc(100, index).toString('base64');
    await log.add([
      { data, type: index === 0 ? 'key' : 'delta', timestamp: 500_000 + index * 200_000 },
    ]);
  }
  await log.close();
  return path;
}

async function packetsOf(path: string | null) {
  const input = new Input({ formats: ALL_FORMATS, source: new FilePathSource(path ?? '') });
  const track = await input.getPrimaryVideoTrack();
  if (track === null) throw new Error('There is no video track');
  const packets = [];
  for await (const packet of new EncodedPacketSink(track).packets())
    packets.push({ at: Number(packet.timestamp.toFixed(3)), type: packet.type });
  return { packets };
}

it('joins recordings where one ends and the next begins, without what was cut off', async () => {
  await recordPart(1_000, 3);
  const cut = await recordPart(2_000, 4);
  await truncate(cut, (await stat(cut)).size - 50);
  await recordPart(3_000, 1);
  const { recording } = await joinParts(directory);
  const { packets } = await packetsOf(recording);
  expect(packets.map(({ at }) => at)).toEqual([0.5, 0.7, 0.9, 1.1, 1.3, 1.5, 1.7]);
  expect(packets.filter(({ type }) => type === 'key')).toHaveLength(3);
});

it('joins a recording that was finished before with what came later', async () => {
  await recordPart(1_000, 3);
  const first = (await joinParts(directory)).recording ?? '';
  const bytes = await readFile(first);
  await removePartsBefore(directory, 2_000);
  expect(await listParts(directory)).toEqual([]);
  await writeFile(join(await newPart(directory, 2_000), partFiles.recording), bytes);
  await recordPart(10_000, 2);
  const { packets } = await packetsOf((await joinParts(directory)).recording);
  expect(packets.map(({ at }) => at)).toEqual([0.5, 0.7, 0.9, 1.1, 1.3]);
});

it('leaves out parts that nobody can read', async () => {
  await writeFile(join(await newPart(directory, 1_000), partFiles.packets), 'x');
  await writeFile(join(await newPart(directory, 1_500), partFiles.recording), 'no video');
  await writeFile(join(await newPart(directory, 1_700), partFiles.har), 'no HAR');
  await recordPart(2_000, 2);
  const { recording, har } = await joinParts(directory);
  expect((await packetsOf(recording)).packets).toHaveLength(2);
  expect(har).toBeNull();
});

it('has nothing to tell of a run that has no parts', async () => {
  expect(await joinParts(join(directory, 'none'))).toEqual({
    recording: null,
    har: null,
    consoleLog: null,
  });
});

it('joins network logs, whose pages keep apart, and console logs', async () => {
  const entry = (url: string) => ({ pageref: 'page_1', request: { url } });
  for (const begun of [1_000, 2_000]) {
    const part = await newPart(directory, begun);
    const page = { id: 'page_1', title: 'about:blank', startedDateTime: '', pageTimings: {} };
    const lines = [{ browser: '140' }, { page }, { entry: entry(`https://a.test/${begun}`) }];
    await writeFile(join(part, partFiles.lines), lines.map(harLine).join(''));
    await writeFile(join(part, partFiles.console), `said ${begun}\n`);
  }
  const last = join(directory, 'part-2000', partFiles.lines);
  await appendFile(last, harLine({ title: { id: 'page_1', url: 'https://a.test/end' } }));
  await appendFile(last, '{"entry": {"cut of');
  const { har, consoleLog } = await joinParts(directory);
  const { log } = JSON.parse(await readFile(har ?? '', 'utf8'));
  expect(log.browser).toEqual({ name: 'Chromium', version: '140' });
  expect(log.pages.map(({ id, title }: Record<string, string>) => [id, title])).toEqual([
    ['part_1_page_1', 'about:blank'],
    ['part_2_page_1', 'https://a.test/end'],
  ]);
  expect(log.entries.map(({ pageref }: Record<string, string>) => pageref)).toEqual([
    'part_1_page_1',
    'part_2_page_1',
  ]);
  expect(await readFile(consoleLog ?? '', 'utf8')).toBe('said 1000\nsaid 2000\n');
});
