import { HttpFailure } from '../capabilities/http.ts';
import type { Capabilities } from '../capabilities/index.ts';
import { fakeCode, fakeHttp } from './capabilities.ts';
import type { BlockFields } from './definitions.ts';

/** Ways in which a block of a test ends. */
export type BlockEnd = 'completed' | 'failed' | 'terminated' | 'timed_out';

/** A block that ends in this way when it runs with {@link endCapabilities}. */
export function endingBlock(
  label: string,
  end: BlockEnd,
  fields: Readonly<Record<string, unknown>> = {},
): BlockFields {
  switch (end) {
    case 'completed':
      return { block_type: 'code', label, code: 'ok', ...fields };
    case 'failed':
      return { block_type: 'code', label, code: 'fail', ...fields };
    case 'terminated':
      return {
        block_type: 'for_loop',
        label,
        loop_blocks: [],
        loop_variable_reference: '[]',
        ...fields,
      };
    case 'timed_out':
      return { block_type: 'http_request', label, url: 'https://slow.test/', ...fields };
  }
}

/**
 * Code `ok` returns `ok`, code `fail` fails, other code returns itself (a template: its values); requests time out.
 */
export function endCapabilities(): Pick<Capabilities, 'code' | 'http'> {
  return {
    code: fakeCode(({ code }) =>
      code === 'fail'
        ? { kind: 'raised', type: 'Error', message: 'as asked' }
        : { kind: 'returned', value: code },
    ),
    http: fakeHttp(() => {
      throw new HttpFailure('timeout', 'slow');
    }),
  };
}
