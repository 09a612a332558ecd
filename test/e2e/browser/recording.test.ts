import { readFile, stat } from 'node:fs/promises';
import { ALL_FORMATS, EncodedPacketSink, FilePathSource, Input } from 'mediabunny';
import { expect, it } from 'vitest';
import { serve, signal, startRun, temporaryFolder } from './support.ts';

const colours = (...names: string[]) =>
  Object.fromEntries(names.map((name) => [`/${name}`, `<body style="background:${name}">`]));

/** Length in seconds and packets of a video, read without a browser. */
async function packetsOf(path: string) {
  const input = new Input({ formats: ALL_FORMATS, source: new FilePathSource(path) });
  const track = await input.getPrimaryVideoTrack();
  if (track === null) throw new Error('no video track');
  const packets = [];
  for await (const packet of new EncodedPacketSink(track).packets()) packets.push(packet);
  return { duration: await input.computeDuration(), packets };
}

/** The colours at the middle of the video at some times, as a browser's video element shows them. */
async function playedColours(path: string, times: readonly number[]) {
  const site = await serve({
    '/': '<video src="/video.webm" muted></video>',
    '/video.webm': async (request, response) => {
      const bytes = await readFile(path);
      const from = Number(/bytes=(\d+)/.exec(request.headers.range ?? '')?.[1] ?? 0);
      response.writeHead(206, {
        'content-type': 'video/webm',
        'accept-ranges': 'bytes',
        'content-range': `bytes ${from}-${bytes.length - 1}/${bytes.length}`,
      });
      response.end(bytes.subarray(from));
    },
  });
  const run = await startRun();
  await run.browser.goto(site, signal);
  const played = await run.browser.use(
    (page) =>
      page.evaluate(async (wanted) => {
        const video = document.querySelector('video') as HTMLVideoElement;
        const canvas = new OffscreenCanvas(video.videoWidth, video.videoHeight);
        const context = canvas.getContext('2d');
        const seen: number[][] = [];
        for (const time of wanted) {
          const sought = new Promise((resolve) =>
            video.addEventListener('seeked', resolve, { once: true }),
          );
          video.currentTime = time;
          await sought;
          context?.drawImage(video, 0, 0);
          seen.push([
            ...(context?.getImageData(video.videoWidth / 2, video.videoHeight / 2, 1, 1).data ??
              []),
          ]);
        }
        return { seen, duration: video.duration, seekable: video.seekable.end(0) };
      }, times),
    signal,
  );
  return played;
}

/** Which of red, green and blue is strongest. */
const strongest = (pixel: number[] | undefined) =>
  ['red', 'green', 'blue'][
    [0, 1, 2].reduce((a, b) => ((pixel?.[b] ?? 0) > (pixel?.[a] ?? 0) ? b : a))
  ];

it('records a seekable video that follows the run from page to page', async () => {
  const site = await serve(colours('red', 'lime', 'blue'));
  const run = await startRun({ record: true });
  const began = performance.now();
  const marks: number[] = [];
  const show = async (colour: string) => {
    await run.browser.goto(`${site}/${colour}`, signal);
    expect(await run.browser.screenshot(signal)).not.toBeNull();
    marks.push((performance.now() - began) / 1_000);
    await run.browser.use((page) => page.waitForTimeout(600), signal);
  };
  await show('red');
  await run.browser.use(
    (page) =>
      Promise.all([page.waitForEvent('popup'), page.evaluate(() => void window.open('/lime'))]),
    signal,
  );
  await show('lime');
  await run.browser.use((page) => page.close(), signal);
  await show('blue');
  const length = (performance.now() - began) / 1_000;
  const { recording } = await run.browser.close();
  const { duration, packets } = await packetsOf(recording ?? '');
  expect(duration).toBeGreaterThan(1.8);
  expect(duration).toBeLessThan(length + 1);
  expect(packets.filter((packet) => packet.type === 'key').length).toBeGreaterThan(0);
  // The recording begins when the browser is open; the marks are that much late.
  const late = length - duration;
  const times = marks.map((mark) => Math.max(0, mark - late + 0.3));
  const played = await playedColours(recording ?? '', [...times].reverse());
  expect(played.seen.reverse().map(strongest)).toEqual(['red', 'green', 'blue']);
  // The last picture's own time is in the header only.
  expect(Math.abs(played.duration - duration)).toBeLessThan(0.3);
  expect(played.seekable).toBe(played.duration);
});

it('keeps the video up to the moment in which the browser is killed', async () => {
  const site = await serve(colours('red'));
  const run = await startRun({ record: true });
  await run.browser.goto(`${site}/red`, signal);
  await run.browser.screenshot(signal);
  // Each answer of the encoder brings what was encoded before.
  for (const _ of [1, 2, 3, 4, 5]) {
    await run.browser.use((page) => page.waitForTimeout(300), signal);
    await run.browser.screenshot(signal);
  }
  process.kill(-run.pid(), 'SIGKILL');
  const { recording } = await run.browser.close();
  const { duration, packets } = await packetsOf(recording ?? '');
  expect(packets.length).toBeGreaterThan(0);
  expect(duration).toBeGreaterThan(0.3);
});

it('leaves no file when there was nothing to record', async () => {
  const run = await startRun({ record: true, directory: await temporaryFolder() });
  expect(await run.browser.close()).toEqual({ recording: null, har: null, consoleLog: null });
});

it('needs little room for a page that stands still', async () => {
  const site = await serve({ '/': '<h1>Still</h1>' });
  const run = await startRun({ record: true });
  await run.browser.goto(site, signal);
  await run.browser.use((page) => page.waitForTimeout(1_500), signal);
  const { recording } = await run.browser.close();
  expect((await packetsOf(recording ?? '')).duration).toBeGreaterThan(1.4);
  expect((await stat(recording ?? '')).size).toBeLessThan(60_000);
});
