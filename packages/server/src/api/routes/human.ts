import type { FastifyReply } from 'fastify';
import type { RunsService } from '../../domain/runs/service.ts';
import { LapwingError } from '../../errors.ts';
import { answerPage } from '../answer-page.ts';
import type { JsonHandlers, StreamHandlers } from '../handlers.ts';
import { securityHeaders } from '../refusals.ts';

type HumanHandlers = Pick<JsonHandlers, 'continueRun'> &
  Pick<StreamHandlers, 'showAnswer' | 'giveAnswer'>;
type AnswerRequest = Pick<Parameters<StreamHandlers['giveAnswer']>[0], 'params' | 'query'>;
type Page = Parameters<typeof answerPage>[0];

/** The page has one button and runs nothing. */
const policy = `${securityHeaders['content-security-policy']}; default-src 'none'; style-src 'unsafe-inline'; form-action 'self'`;

const answerOf = ({ params, query: { block, ...rest } }: AnswerRequest) => ({
  runId: params.run_id ?? '',
  blockId: block,
  ...rest,
});

export function humanHandlers({ pauses }: Pick<RunsService, 'pauses'>): HumanHandlers {
  return {
    continueRun: async ({ principal, params }) => {
      await pauses.continue(principal.organizationId, params.run_id ?? '');
      return null;
    },
    // Mail scanners open links: only the button decides.
    showAnswer: (request, reply) =>
      sendPage(reply, async () => ({
        kind: 'question',
        ...(await pauses.question(answerOf(request))),
      })),
    giveAnswer: (request, reply) =>
      sendPage(reply, async () => ({ kind: 'done', ...(await pauses.decide(answerOf(request))) })),
  };
}

async function sendPage(reply: FastifyReply, page: () => Promise<Page>): Promise<FastifyReply> {
  const { status, shown } = await page().then((shown) => ({ status: 200, shown }), refusal);
  return reply
    .code(status)
    .header('content-security-policy', policy)
    .header('referrer-policy', 'no-referrer')
    .header('cache-control', 'no-store')
    .type('text/html; charset=utf-8')
    .send(answerPage(shown));
}

function refusal(error: unknown): { status: number; shown: Page } {
  if (!(error instanceof LapwingError)) throw error;
  return { status: error.facts.status, shown: { kind: 'refused', reason: error.message } };
}
