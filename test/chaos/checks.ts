import type { Call } from './receiver.ts';
import type { Scenario } from './workflows.ts';

/** A run that the API has acknowledged. */
export interface StartedRun {
  readonly name: string;
  readonly runId: string;
  readonly scenario: Scenario;
}

/** What became of a run. */
export interface RunFacts {
  readonly end: { readonly status: string; readonly failure_reason: string | null };
  /** Its requests, in the order of arrival. */
  readonly calls: readonly Call[];
  readonly log: readonly string[];
  /** The statuses that its webhooks told. */
  readonly told: readonly string[];
}

export interface Checked {
  readonly status: string;
  /** What it said when it failed as it should: the block that was cut off. */
  readonly failure: string | null;
  readonly attached: number;
  readonly rebuilt: number;
  readonly violations: readonly string[];
}

const cutOff = /The worker was lost while block (\w+) \((\w+)\) ran: .* so it is not repeated/;

/** Looks whether what was promised of a run was kept, by what the world has seen of it. */
export function checkRun(run: StartedRun, facts: RunFacts): Checked {
  const { end, log } = facts;
  const doubt = cutOff.exec(end.failure_reason ?? '');
  const problems = [
    ...statusProblems(facts, doubt?.[1] ?? null),
    ...orderProblems(run.scenario, facts),
    ...onceProblems(run.scenario, facts),
    ...webhookProblems(facts),
  ];
  const count = (text: string) => log.filter((line) => line.startsWith(text)).length;
  return {
    status: end.status,
    failure: doubt === null ? null : `${doubt[2]} was cut off`,
    attached: count('The run goes on in its browser'),
    rebuilt: count('The run goes on in a new browser'),
    violations: problems.map((text) => `${run.runId} (${run.scenario.name}): ${text}`),
  };
}

/** A run completes, or fails because of a block that may not be repeated. */
function statusProblems({ end }: RunFacts, doubtful: string | null): string[] {
  if (end.status === 'completed') return [];
  if (end.status === 'failed' && doubtful === 'pay') return [];
  return [`it ended as ${end.status}: ${end.failure_reason}`];
}

/** No block is run again once a later one has begun; what a run computed stays; a completed run has done everything. */
function orderProblems({ steps }: Scenario, { end, calls }: RunFacts): string[] {
  const problems: string[] = [];
  let last = -1;
  for (const { step } of calls) {
    const position = steps.indexOf(step);
    if (position < last) problems.push(`${step} was run again after ${steps[last]}`);
    if (position > last + 1) problems.push(`${step} came without ${steps[last + 1]}`);
    last = Math.max(last, position);
  }
  if (end.status === 'completed' && last !== steps.length - 1)
    problems.push(`it completed after ${steps[last]}`);
  if (new Set(calls.map(({ nonce }) => nonce)).size > 1)
    problems.push('it computed its output twice');
  return problems;
}

/** What may not be repeated was not; what may be repeated was known by its key. */
function onceProblems({ steps, once }: Scenario, { calls }: RunFacts): string[] {
  return steps.flatMap((step) => {
    const sent = calls.filter((call) => call.step === step && call.method === 'POST');
    const keys = new Set(sent.map(({ idempotencyKey }) => idempotencyKey));
    return [
      ...(once.includes(step) && sent.length > 1 ? [`${step} was sent ${sent.length} times`] : []),
      ...(keys.size > 1 || keys.has(null) ? [`${step} was sent with ${keys.size} keys`] : []),
    ];
  });
}

function webhookProblems({ end, told }: RunFacts): string[] {
  if (told.length === 0) return ['its webhook never came'];
  return told.every((status) => status === end.status)
    ? []
    : [`it ended as ${end.status}, its webhooks said ${told.join(', ')}`];
}
