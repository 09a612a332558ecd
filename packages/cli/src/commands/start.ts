import type { Command } from '../command.ts';

export const startCommand: Command = {
  words: 'start',
  usage: '[all|api|worker]',
  summary: 'Start the server: all of it, or one of its roles',
  arity: [0, 1],
  run: async ({ positionals }) => {
    const { serve } = await import('@lapwing/server');
    await serve(positionals[0]);
  },
};
