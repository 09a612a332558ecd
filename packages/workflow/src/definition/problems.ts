import { type DefinitionIssue, valueError } from './issues.ts';
import { limits } from './limits.ts';

/** HTTP status that a problem is answered with (blocks.md §1.4). */
export type ProblemStatus = 422 | 400;

/** Collects what is wrong with a definition, so that all of it is told at once. */
export interface Problems {
  add(issues: readonly DefinitionIssue[], status?: ProblemStatus): void;
  /** Null when nothing is wrong. 400 only when nothing calls for 422. */
  result(): { readonly issues: readonly DefinitionIssue[]; readonly status: ProblemStatus } | null;
}

export function collectProblems(): Problems {
  const found = new Map<string, DefinitionIssue>();
  let complete = true;
  let status: ProblemStatus = 400;
  return {
    add(issues, issueStatus = 422) {
      for (const issue of issues) {
        if (issueStatus === 422) {
          status = 422;
        }
        const key = JSON.stringify([issue.loc, issue.type, issue.msg]);
        if (found.size < limits.issues) {
          found.set(key, issue);
        } else if (!found.has(key)) {
          complete = false;
        }
      }
    },
    result() {
      if (found.size === 0) {
        return null;
      }
      const more = complete ? [] : [valueError([], 'there are more problems than are listed')];
      return { issues: [...found.values(), ...more], status };
    },
  };
}
