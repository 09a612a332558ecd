import { blockTypeByName } from '../blocks/registry.ts';
import type { StoredBlock } from '../definition/stored.ts';
import { requestFields } from './render.ts';

/** Whether a block that was cut off may be run again: what it does outside, if anything, may be done twice. */
export function mayRepeat(block: StoredBlock): boolean {
  if (block.retry_on_interruption === true) return true;
  const type = blockTypeByName.get(block.block_type);
  if (type === undefined) return false;
  if (type.effect !== 'external') return true;
  const params = type.params.safeParse(requestFields(block));
  return params.success && (type.isIdempotent?.(params.data) ?? false);
}
