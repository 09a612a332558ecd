import { test } from 'vitest';
import { expectNeedsAgent } from './task/testing/needs-agent.ts';

const login = { block_type: 'login', label: 'sign_in' };

test('needs the agent and does not open its url before', async () => {
  await expectNeedsAgent({ ...login, url: 'https://shop.test/login' });
});
