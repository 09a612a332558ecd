import type { SmtpServer } from '../../capabilities/mail.ts';
import { BlockFailure } from '../../errors.ts';
import { renderTemplate } from '../../templates/templates.ts';
import type { BlockContext } from '../block.ts';

/** The fields of `send_email` that say which server sends. */
export interface ServerFields {
  readonly smtp_host_secret_parameter_key: string | null;
  readonly smtp_port_secret_parameter_key: string | null;
  readonly smtp_username_secret_parameter_key: string | null;
  readonly smtp_password_secret_parameter_key: string | null;
  readonly custom_smtp_host: string | null;
  readonly custom_smtp_port: number | null;
  readonly custom_smtp_username: string | null;
  readonly custom_smtp_password: string | null;
}

const defaultPort = 587;
const wholeReference = /^\s*\{\{[^{}]*\}\}\s*$/;

/**
 * The server that the block names; null is the platform's own.
 * @throws BlockFailure when a named parameter has no value
 * @throws TemplateError
 */
export function smtpServer(ctx: BlockContext, fields: ServerFields): SmtpServer | null {
  const host = fields.custom_smtp_host?.trim() ?? '';
  if (host !== '') {
    return {
      host,
      port: fields.custom_smtp_port ?? defaultPort,
      username: fields.custom_smtp_username || null,
      password: customPassword(ctx, fields.custom_smtp_password),
    };
  }
  return namedServer(ctx, fields);
}

/** A password may hold any signs, so it is a template only as one whole reference. */
function customPassword(ctx: BlockContext, text: string | null): string | null {
  if (text === null || text === '') {
    return null;
  }
  return ctx.secrets.reveal(wholeReference.test(text) ? renderTemplate(text, ctx.scope) : text);
}

function namedServer(ctx: BlockContext, fields: ServerFields): SmtpServer | null {
  const host = parameterText(ctx, fields.smtp_host_secret_parameter_key);
  const port = parameterText(ctx, fields.smtp_port_secret_parameter_key);
  const username = parameterText(ctx, fields.smtp_username_secret_parameter_key);
  const password = parameterText(ctx, fields.smtp_password_secret_parameter_key);
  if (host === null) {
    return null;
  }
  const number = port === null ? defaultPort : Number(port);
  if (!Number.isInteger(number) || number < 1 || number > 65_535) {
    throw new BlockFailure(
      `Email client configuration is invalid. The parameter ${fields.smtp_port_secret_parameter_key} is no port number.`,
    );
  }
  return { host, port: number, username, password };
}

function parameterText(ctx: BlockContext, key: string | null): string | null {
  if (key === null || key === '') {
    return null;
  }
  const value = ctx.value(key);
  if (typeof value === 'string' || typeof value === 'number') {
    return ctx.secrets.reveal(String(value));
  }
  throw new BlockFailure(
    `Email client configuration is invalid. The parameter ${key} has no value: secrets of a vault are not there yet. Give custom_smtp_host with its fields, or leave out the smtp_*_secret_parameter_key fields to send through the mail server of this Lapwing (LAPWING_SMTP_URL).`,
  );
}
