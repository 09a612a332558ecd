import { blockTypeByName } from '../blocks/registry.ts';
import type { StoredBlock } from '../definition/stored.ts';
import { requestFields } from './render.ts';

/** Whether a block that was cut off may be run again: what it does outside, if anything, may be done twice. */
export function mayRepeat(block: StoredBlock): boolean {
  const type = blockTypeByName.get(block.block_type);
  if (type === undefined) return false;
  if (type.effect !== 'external') return true;
  const params = type.params.safeParse(requestFields(block));
  return params.success && (type.isIdempotent?.(params.data) ?? false);
}

/** Whether a block works in the run's browser, so that it cannot go on when that is lost. */
export function worksInBrowser(block: StoredBlock): boolean {
  const type = blockTypeByName.get(block.block_type);
  if (type === undefined || !type.needs.includes('browser')) return type === undefined;
  const params = type.params.safeParse(requestFields(block));
  return !params.success || (type.opensBrowser?.(params.data) ?? true);
}
