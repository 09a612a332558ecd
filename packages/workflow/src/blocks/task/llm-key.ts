import { z } from 'zod';

/**
 * Names a model by a key of the reference's server settings, which mean nothing elsewhere: such a key is dropped and the
 * default model used, as the reference does with keys that it does not know (blocks.md §1.4). A template is kept.
 */
export const llmKey = z
  .string()
  .nullable()
  .default(null)
  .transform((key) => (key !== null && /\{\{|\{%/.test(key) ? key : null))
  .describe('Which model; a key that is no template is dropped, and the default model used.');
