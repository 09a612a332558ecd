import { administer } from '../administration.ts';
import type { Command } from '../command.ts';
import { table } from '../table.ts';

export const keyCommands: readonly Command[] = [
  {
    words: 'key create',
    usage: '',
    summary: 'Make a key of the organization',
    arity: [0, 0],
    run: (invocation) =>
      administer(invocation, async (administration) => {
        const key = await administration.createKey();
        invocation.print(
          invocation.options.json === true
            ? JSON.stringify(key)
            : `API key ${key.id} (shown only now): ${key.token}`,
        );
      }),
  },
  {
    words: 'key list',
    usage: '',
    summary: 'List the keys of the organization, each by its end',
    arity: [0, 0],
    run: (invocation) =>
      administer(invocation, async (administration) => {
        const keys = await administration.keys();
        const rows = keys.map((key) => [
          key.id,
          key.token,
          key.valid ? 'valid' : 'revoked',
          key.created_at,
        ]);
        invocation.print(
          invocation.options.json === true
            ? JSON.stringify(keys)
            : table(['id', 'key', 'state', 'created'], rows),
        );
      }),
  },
  {
    words: 'key revoke',
    usage: '<id>',
    summary: 'Make a key invalid, at once',
    arity: [1, 1],
    run: (invocation) =>
      administer(invocation, async (administration) => {
        const key = await administration.revokeKey(invocation.positionals[0] ?? '');
        invocation.print(
          invocation.options.json === true ? JSON.stringify(key) : `Revoked ${key.id}`,
        );
      }),
  },
];
