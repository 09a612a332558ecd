import { z } from 'zod';
import {
  agentFields,
  criteriaFields,
  pageFields,
  totpFields,
  verificationFields,
} from './task/fields.ts';
import { defineTaskBlock } from './task/task-block.ts';

/** `login`: signs in with the credentials among its parameters (blocks.md §4.3). */
export const login = defineTaskBlock({
  type: 'login',
  summary: 'Signs in to a website by AI.',
  params: z.object({
    navigation_goal: z
      .string()
      .nullable()
      .default(null)
      .describe('Empty: to log in with the given credentials.'),
    ...pageFields,
    ...criteriaFields,
    ...verificationFields,
    ...totpFields,
    skip_saved_profile: z
      .boolean()
      .default(false)
      .describe("Signs in anew even where the credential's saved profile is signed in already."),
    ...agentFields,
  }),
});
