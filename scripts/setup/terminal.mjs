import { spawn } from 'node:child_process';

const isTerminal = process.stderr.isTTY === true;

/** Ends the process with a message that says what to do. */
export function fail(...lines) {
  console.error(lines.join('\n'));
  process.exit(1);
}

export function say(line) {
  console.error(line);
}

/**
 * Runs a program under a title, showing that it is at work. Answers its exit code and all that it said; 127 when it
 * could not be started.
 */
export async function runStep(title, command, parameters, options = {}) {
  const started = Date.now();
  const seconds = () => Math.round((Date.now() - started) / 1000);
  if (!isTerminal) say(`${title} …`);
  const show = () => process.stderr.write(`\r\x1b[K${title} … ${seconds()} s`);
  const ticking = isTerminal ? setInterval(show, 1000) : undefined;
  if (isTerminal) show();
  const { code, output } = await run(command, parameters, options);
  clearInterval(ticking);
  const end = code === 0 ? `done in ${seconds()} s` : 'failed';
  say(isTerminal ? `\r\x1b[K${title}: ${end}` : `${title}: ${end}`);
  return { code, output };
}

function run(command, parameters, options) {
  return new Promise((resolve) => {
    const child = spawn(command, parameters, { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    const hear = (chunk) => {
      output = (output + chunk).slice(-20_000);
    };
    child.stdout.on('data', hear);
    child.stderr.on('data', hear);
    child.once('error', (error) => resolve({ code: 127, output: error.message }));
    child.once('close', (code) => resolve({ code: code ?? 1, output }));
  });
}
