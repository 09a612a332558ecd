import { execFile } from 'node:child_process';
import { access, mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { BrowserUnavailable, firstLine } from './failures.ts';

const packageName = '@sparticuz/chromium';

/** The package unpacks into the temporary folder, and its libraries only where it believes to be in a Lambda. */
const unpackScript = `
const { default: chromium } = await import(process.argv[1]);
await chromium.executablePath();
`;

/**
 * The Chromium of the optional package `@sparticuz/chromium`, unpacked once below `cache`; null when the package is not
 * installed. On a bare machine it needs its own libraries, and without its own fonts it draws no text at all.
 */
export async function unpackedChromium(
  cache: string,
): Promise<{ readonly path: string; readonly env: Record<string, string> } | null> {
  const module = resolved();
  if (module === null) return null;
  const folder = join(cache, 'sparticuz-chromium');
  if (!(await exists(folder))) await unpack(module, cache, folder);
  return {
    path: join(folder, 'chromium'),
    env: {
      LD_LIBRARY_PATH: join(folder, 'al2023', 'lib'),
      FONTCONFIG_FILE: join(folder, 'fonts.conf'),
    },
  };
}

function resolved(): string | null {
  try {
    return import.meta.resolve(packageName);
  } catch {
    return null;
  }
}

async function unpack(module: string, cache: string, folder: string): Promise<void> {
  await mkdir(cache, { recursive: true });
  const unfinished = await mkdtemp(join(cache, 'unpacking-'));
  try {
    await promisify(execFile)(
      process.execPath,
      ['--input-type=module', '--eval', unpackScript, module],
      { env: { TMPDIR: unfinished, AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs24.x' } },
    );
    await writeFile(join(unfinished, 'fonts.conf'), fontConfiguration(folder));
    await rename(unfinished, folder);
  } catch (error) {
    // Another process may have been faster with the same folder.
    if (await exists(folder)) return;
    throw new BrowserUnavailable(`${packageName} could not be unpacked: ${firstLine(error)}`, {
      cause: error,
    });
  } finally {
    await rm(unfinished, { recursive: true, force: true });
  }
}

function fontConfiguration(folder: string): string {
  return `<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <dir>${folder}/fonts</dir>
  <dir>/usr/share/fonts</dir>
  <cachedir>${folder}/fonts-cache</cachedir>
</fontconfig>
`;
}

async function exists(path: string): Promise<boolean> {
  try {
    await access(path);
    return true;
  } catch {
    return false;
  }
}
