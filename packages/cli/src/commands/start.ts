import type { Command } from '../command.ts';

async function serveRole(role: string | undefined): Promise<void> {
  const { serve } = await import('@lapwing/server');
  await serve(role);
}

const ofRole = (role: string, summary: string): Command => ({
  words: role,
  usage: '',
  summary,
  arity: [0, 0],
  run: () => serveRole(role),
});

export const startCommands: readonly Command[] = [
  {
    words: 'start',
    usage: '[all|api|worker]',
    summary: 'Start the server: all of it, or one of its roles',
    arity: [0, 1],
    run: ({ positionals }) => serveRole(positionals[0]),
  },
  ofRole('all', 'Start the server: API and worker in one process'),
  ofRole('api', 'Start an API, which needs DATABASE_URL; as many as wanted'),
  ofRole('worker', 'Start a worker, which needs DATABASE_URL; as many as wanted, on any host'),
];
