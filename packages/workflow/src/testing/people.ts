import type { PeopleCapability } from '../capabilities/people.ts';

/** People who answer by a function, at once; null is no answer. It tells in `calls` what was asked of it. */
export function fakePeople(
  answer: (until: Date) => string | null = () => 'running',
): PeopleCapability & { readonly calls: readonly string[] } {
  const calls: string[] = [];
  return {
    calls,
    links: (until) => ({
      run: 'https://lapwing.test/run',
      approve: `https://lapwing.test/approve?until=${until.toISOString()}`,
      reject: `https://lapwing.test/reject?until=${until.toISOString()}`,
    }),
    async pause() {
      calls.push('pause');
    },
    async goOn() {
      calls.push('go on');
    },
    async answer(until) {
      calls.push('answer');
      return answer(until);
    },
  };
}
