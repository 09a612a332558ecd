import { chromium } from 'playwright-core';
import { findExecutable } from '../../packages/server/src/browser/executable.ts';
import { defaultBrowserSettings } from '../../packages/server/src/browser/settings.ts';

/** What a browser made of a video. Times in seconds. */
export interface Playback {
  readonly duration: number;
  readonly width: number;
  readonly height: number;
  /** How far it played by itself. */
  readonly played: number;
  /** End of the part that can be sought to. */
  readonly seekable: number;
  /** Where it stood after having been sent to its middle. */
  readonly soughtTo: number;
}

/** Runs in the page. */
async function play(address: string): Promise<Playback> {
  const video = document.createElement('video');
  const next = (event: string) =>
    new Promise<void>((resolve, reject) => {
      video.addEventListener(event, () => resolve(), { once: true });
      video.addEventListener('error', () => reject(new Error(video.error?.message)), {
        once: true,
      });
    });
  video.muted = true;
  document.body.append(video);
  const metadata = next('loadedmetadata');
  video.src = address;
  await metadata;
  await video.play();
  while (video.currentTime === 0) await next('timeupdate');
  video.pause();
  const { duration, videoWidth: width, videoHeight: height, currentTime: played } = video;
  const sought = next('seeked');
  video.currentTime = duration / 2;
  await sought;
  const seekable = video.seekable.length > 0 ? video.seekable.end(0) : 0;
  return { duration, width, height, played, seekable, soughtTo: video.currentTime };
}

/** Plays a video in headless Chromium straight from its address, and seeks in it. Rejects when it cannot. */
export async function playVideo(url: string, directory: string): Promise<Playback> {
  const executablePath = process.env.LAPWING_BROWSER_PATH || null;
  const settings = { ...defaultBrowserSettings, executablePath, directory };
  const { path, env } = await findExecutable(settings, process.env.PATH);
  const root = process.getuid?.() === 0;
  const browser = await chromium.launch({
    executablePath: path,
    chromiumSandbox: !root,
    args: ['--disable-gpu', '--no-first-run', '--disable-background-networking'],
    env: { ...process.env, ...env },
  });
  try {
    const page = await browser.newPage();
    return await Promise.race([page.evaluate(play, url), rejection(AbortSignal.timeout(20_000))]);
  } finally {
    await browser.close();
  }
}

function rejection(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(new Error('The video did not play in 20 s.')));
  });
}
