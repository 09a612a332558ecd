import type { FastifyInstance } from 'fastify';
import { refuse } from './refusals.ts';

/** What the reference serves and this version does not: its addresses behind `/v1`, `/api/v1` or `/api/v2`. */
const later: Readonly<Record<string, readonly string[]>> = {
  'Tasks of the agent': ['/run/tasks', '/run/tasks/*', '/tasks', '/tasks/*', '/generate/task'],
  'Actions of the SDK': ['/sdk/run_action'],
  'Workflows made from a text': [
    '/workflows/create-from-prompt',
    '/workflows/import-pdf',
    '/workflows/sop-to-blocks',
  ],
  'The copilot, and texts written by a model': ['/workflow/copilot/*', '/prompts/*', '/suggest/*'],
  'Own models': ['/custom-llms', '/custom-llms/*'],
  'Scripts and what mends them': [
    '/scripts',
    '/scripts/*',
    '/workflows/:workflow_permanent_id/fallback-episodes',
    '/workflows/:workflow_permanent_id/fallback-episodes/*',
    '/workflows/:workflow_permanent_id/heal_episodes',
    '/workflows/:workflow_permanent_id/reliability',
    '/workflows/reliability/batch',
    '/runs/:run_id/heal_episodes',
    '/runs/heal_summary/batch',
  ],
  'Credentials and their vaults': [
    '/credentials',
    '/credentials/*',
    '/credential_folders',
    '/credential_folders/*',
    '/totp',
  ],
  'Accounts at Google and Microsoft': ['/google/*', '/microsoft/*'],
  'Browser sessions': ['/browser_sessions', '/browser_sessions/*', '/debug-session/*'],
  'Browser profiles': [
    '/browser_profiles',
    '/browser_profiles/*',
    '/agents/:workflow_permanent_id/browser_session/reset_profile',
    '/workflows/:workflow_permanent_id/browser_session/reset_profile',
    '/workflows/:workflow_permanent_id/browser_session/refresh',
  ],
  'Live views of browsers': ['/stream/*'],
};

const prefixes = ['/v1', '/api/v1', '/api/v2'];

/** Says of what a later version will serve that this one does not, in place of a bare "Not Found". */
export function registerLater(server: FastifyInstance): void {
  for (const [what, paths] of Object.entries(later)) {
    const urls = prefixes.flatMap((prefix) => paths.map((path) => prefix + path));
    for (const url of urls) {
      server.all(url, async (_request, reply) =>
        refuse(reply, 404, `${what}: not served by this version`),
      );
    }
  }
}
