import { BlockFailure, type CredentialsCapability } from '@lapwing/workflow';

/** Where the values of each type of parameter are kept. */
const vaultNames: Readonly<Record<string, string>> = {
  aws_secret: 'AWS Secrets Manager',
  bitwarden_login_credential: 'Bitwarden',
  bitwarden_sensitive_information: 'Bitwarden',
  bitwarden_credit_card_data: 'Bitwarden',
  onepassword: '1Password',
  azure_vault_credential: 'Azure Key Vault',
};

/** Credentials of a server that has no vault: each call says so, naming what was asked for. */
export const noCredentials: CredentialsCapability = {
  open: async (parameter, value) => {
    const { key, parameter_type: type, credential_id: fixed } = parameter;
    const vault = vaultNames[String(type)];
    const what =
      vault === undefined
        ? `the credential ${value ?? fixed} of parameter ${key} cannot be opened: this server has no credential vault yet`
        : `the parameter ${key} (${type}) is kept in ${vault}, and this server has no connection to it yet`;
    throw new BlockFailure(`${what}. Give the values to the run as parameters until then.`);
  },
};
