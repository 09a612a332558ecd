/** A field of a block that holds the key of one parameter. */
export interface NamedParameter {
  readonly field: string;
  readonly key: string;
}

/** Fields that hold the key of a parameter, and the field of the stored block that shows the parameter whole. */
const shownFields: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  for_loop: { loop_over_parameter_key: 'loop_over' },
  send_email: {
    smtp_host_secret_parameter_key: 'smtp_host',
    smtp_port_secret_parameter_key: 'smtp_port',
    smtp_username_secret_parameter_key: 'smtp_username',
    smtp_password_secret_parameter_key: 'smtp_password',
  },
};

interface Block {
  readonly block_type?: unknown;
  readonly [field: string]: unknown;
}

/**
 * The parameters that a block names one by one, beside those of its `parameter_keys`. A block with a mail server of its
 * own names none: it does not read those of the secrets.
 */
export function namedParameters(block: Block): readonly NamedParameter[] {
  const { custom_smtp_host: host } = block;
  if (typeof host === 'string' && host !== '') {
    return [];
  }
  return Object.keys(fieldsOf(block)).flatMap((field) => {
    const key = block[field];
    return typeof key === 'string' && key !== '' ? [{ field, key }] : [];
  });
}

/** Where the parameters that a stored block shows come from. */
interface Parameters<P> {
  find(key: string): P | undefined;
  /** A secret of the platform, which is no parameter of the workflow. */
  platformSecret(key: string, name: string): P;
}

/**
 * Those parameters under the fields that a stored block shows them in. Where none is named there is null, or the secret
 * of the platform, which sends the mail then (blocks.md §4.11).
 */
export function shownParameters<P>(
  block: Block,
  parameters: Parameters<P>,
): Readonly<Record<string, P | null>> {
  const entries = Object.entries(fieldsOf(block)).map(([field, shown]) => {
    const key = block[field];
    const found = typeof key === 'string' ? parameters.find(key) : undefined;
    return [shown, found ?? platformSecretOf(shown, parameters)] as const;
  });
  return Object.fromEntries(entries);
}

const platformSecrets: Readonly<Record<string, string>> = {
  smtp_host: 'SMTP_HOST',
  smtp_port: 'SMTP_PORT',
  smtp_username: 'SMTP_USERNAME',
  smtp_password: 'SMTP_PASSWORD',
};

function platformSecretOf<P>(shown: string, parameters: Parameters<P>): P | null {
  const name = platformSecrets[shown];
  return name === undefined ? null : parameters.platformSecret(shown, name);
}

function fieldsOf({ block_type: type }: Block): Readonly<Record<string, string>> {
  return typeof type === 'string' && Object.hasOwn(shownFields, type)
    ? (shownFields[type] ?? {})
    : {};
}
