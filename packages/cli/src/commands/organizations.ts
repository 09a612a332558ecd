import { administer } from '../administration.ts';
import type { Command } from '../command.ts';
import { table } from '../table.ts';

export const organizationCommands: readonly Command[] = [
  {
    words: 'org create',
    usage: '<name>',
    summary: 'Make an organization with its first key',
    arity: [1, 1],
    run: (invocation) =>
      administer(invocation, async (administration) => {
        const made = await administration.createOrganization(invocation.positionals[0] ?? '');
        const { organization, api_key: key } = made;
        invocation.print(
          invocation.options.json === true
            ? JSON.stringify(made)
            : [
                `Organization ${organization.organization_id} "${organization.organization_name}"`,
                `API key ${key.id} (shown only now): ${key.token}`,
              ].join('\n'),
        );
      }),
  },
  {
    words: 'org list',
    usage: '',
    summary: 'List the organizations',
    arity: [0, 0],
    run: (invocation) =>
      administer(invocation, async (administration) => {
        const organizations = await administration.organizations();
        const rows = organizations.map((one) => [
          one.organization_id,
          one.organization_name,
          one.slug ?? '',
          one.created_at,
        ]);
        invocation.print(
          invocation.options.json === true
            ? JSON.stringify(organizations)
            : table(['id', 'name', 'slug', 'created'], rows),
        );
      }),
  },
];
