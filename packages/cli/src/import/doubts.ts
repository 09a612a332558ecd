import type { Workflow } from '@lapwing/protocol';

type Block = Readonly<Record<string, unknown>>;

/** Kinds of parameters whose values are kept in a vault, which an import does not bring along. */
const vaultKinds = [
  'aws_secret',
  'azure_secret',
  'azure_vault_credential',
  'bitwarden_credit_card_data',
  'bitwarden_login_credential',
  'bitwarden_sensitive_information',
  'credential',
  'onepassword',
];

function flat(blocks: readonly Block[]): Block[] {
  return blocks.flatMap((block) => [block, ...flat((block.loop_blocks ?? []) as readonly Block[])]);
}

/** What was kept, but does not work here before somebody sees to it. */
export function doubtsOf(workflow: Workflow): string[] {
  const definition = workflow.workflow_definition as {
    readonly parameters: readonly Block[];
    readonly blocks: readonly Block[];
  };
  const doubts: string[] = [];
  for (const {
    key,
    parameter_type: kind,
    workflow_parameter_type: type,
  } of definition.parameters) {
    if (vaultKinds.includes(String(kind)) || type === 'credential_id') {
      doubts.push(`parameter ${key} names a credential: it has to be entered here`);
    }
  }
  for (const { label, block_type: type, workflow_permanent_id: id } of flat(definition.blocks)) {
    if (type === 'workflow_trigger' && typeof id === 'string') {
      doubts.push(`block ${label} starts workflow ${id}: put the id in that it has here`);
    }
  }
  if (workflow.browser_profile_id !== null) {
    doubts.push(`browser_profile_id ${workflow.browser_profile_id} is a profile of another server`);
  }
  return doubts;
}
