import type { PeopleCapability } from '@lapwing/workflow';
import type { RunsService } from '../domain/runs/service.ts';

interface PeopleOptions {
  readonly pauses: RunsService['pauses'];
  readonly runId: string;
  readonly blockId: string;
  /** Waits without what others could use meanwhile; the signal ends the wait. */
  readonly idle: <T>(wait: (signal: AbortSignal) => Promise<T>) => Promise<T>;
}

/** People whom one block of a run asks. */
export function peopleCapability(options: PeopleOptions): PeopleCapability {
  const { pauses, runId, blockId, idle } = options;
  return {
    links: (until) => pauses.links(runId, blockId, until),
    pause: () => pauses.pause(runId),
    goOn: async () => void (await pauses.goOn(runId)),
    answer: (until) => idle((signal) => pauses.answer({ runId, blockId, until }, signal)),
  };
}
