/**
 * The child's main thread. It alone holds the channel to the parent and the token of the code that runs; user code lives in a
 * worker beside it, so that it cannot reach the token, and so that a loop there does not keep this thread from seeing
 * that the parent is gone.
 */
import type { FromChild, ToChild } from '../messages.ts';
import type {} from './deno-api.ts';

const { stdin, stdout, exit, args } = Deno;
const encoder = new TextEncoder();
let token = '';

const worker = new Worker(new URL(`./${args[0]}.ts`, import.meta.url), {
  type: 'module',
  name: args[1] ?? '',
});
worker.onmessage = (event: MessageEvent<FromChild>) => send(event.data);
worker.onerror = (event) => {
  event.preventDefault();
  exit(1);
};

for await (const line of lines(stdin.readable)) {
  const message: ToChild = JSON.parse(line);
  if (message.type === 'start') {
    token = message.token;
    worker.postMessage({ ...message, token: '' });
  } else {
    worker.postMessage(message);
  }
}
exit(0);

function send(message: FromChild): void {
  let bytes = encoder.encode(`${token}${JSON.stringify(message)}\n`);
  while (bytes.length > 0) bytes = bytes.subarray(stdout.writeSync(bytes));
}

async function* lines(stream: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let parts: string[] = [];
  for await (const chunk of stream) {
    const [first = '', ...rest] = decoder.decode(chunk, { stream: true }).split('\n');
    parts.push(first);
    for (const next of rest) {
      yield parts.join('');
      parts = [next];
    }
  }
}
