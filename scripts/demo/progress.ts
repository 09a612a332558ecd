import type { RunEvent } from './run-events.ts';
import { dim, green, line, red, shortened } from './terminal.ts';

type BlockFinished = Extract<RunEvent, { type: 'block.finished' }>['data'];

function blockLine(block: BlockFinished): string {
  const done = block.status === 'completed';
  const mark = done ? green('✓') : red('✗');
  const inLoop = block.current_index !== null;
  const name = inLoop ? `  ${block.label} [${block.current_index}]` : block.label;
  const status = done ? '' : ` ${red(block.status)} ${shortened(block.failure_reason ?? '', 200)}`;
  const time = `${block.duration.toFixed(2)} s`.padStart(8);
  return `  ${mark} ${name.padEnd(26)} ${dim(block.block_type.padEnd(16))} ${time}${status}`;
}

/** Shows an event as it comes: a line for each finished block, log line and change of the run's status. */
export function showEvent(event: RunEvent): void {
  switch (event.type) {
    case 'block.finished':
      line(blockLine(event.data));
      return;
    case 'log':
      line(dim(`      ${shortened(event.data.message, 110)}`));
      return;
    case 'run.status':
      line(dim(`  · ${event.data.status}`));
      return;
    case 'block.started':
    case 'screenshot':
      return;
    default:
      event satisfies never;
  }
}

/** How many blocks of each label finished, and with which status. */
export function countBlocks(events: readonly RunEvent[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const event of events) {
    if (event.type !== 'block.finished') continue;
    const key = `${event.data.label} ${event.data.status}`;
    counts[key] = (counts[key] ?? 0) + 1;
  }
  return counts;
}
