import type { JsonObject, JsonValue } from '../json.ts';

/** The fields of a credential by their names (blocks.md §2.7): `username`, `password`, `totp` (its current code), … */
export type CredentialFields = Readonly<Record<string, string>>;

/** Credentials and secrets that parameters stand for. */
export interface CredentialsCapability {
  /**
   * Opens what a parameter stands for.
   * @param parameter As it is stored: a `credential_id` parameter of the run, or one of a credential type.
   * @param value What the run was given for it; null for parameters that take no value.
   * Rejects with BlockFailure naming the parameter and what is missing.
   */
  open(parameter: JsonObject, value: JsonValue): Promise<CredentialFields>;
}
