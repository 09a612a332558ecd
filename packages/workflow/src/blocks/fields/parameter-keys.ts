import { z } from 'zod';

/** `parameter_keys`: which parameters and outputs a block works with. */
export const parameterKeys = z
  .array(z.string())
  .nullable()
  .default(null)
  .describe('Keys of parameters and outputs that the block works with.');
