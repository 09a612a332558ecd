import type { StoredBlock } from './stored.ts';

/** The block with this label, at whatever depth: labels are unique in a workflow. */
export function blockNamed(blocks: readonly StoredBlock[], label: string): StoredBlock | undefined {
  for (const block of blocks) {
    const found = block.label === label ? block : blockNamed(block.loop_blocks ?? [], label);
    if (found !== undefined) {
      return found;
    }
  }
  return undefined;
}
