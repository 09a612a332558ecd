import { create } from 'content-disposition';
import type { FastifyReply } from 'fastify';
import type { ArtifactRow, ArtifactsService } from '../../domain/artifacts/service.ts';
import type { RunsService } from '../../domain/runs/service.ts';
import { LapwingError } from '../../errors.ts';
import { byteRange } from '../byte-range.ts';
import type { ApiRequest, JsonHandlers, StreamHandlers } from '../handlers.ts';
import { securityHeaders } from '../refusals.ts';

type ArtifactHandlers = Pick<JsonHandlers, 'listArtifacts' | 'getArtifact' | 'signArtifact'> &
  Pick<StreamHandlers, 'getArtifactContent'>;
type ContentRequest = Parameters<StreamHandlers['getArtifactContent']>[0];

const idOf = (request: Pick<ApiRequest<object>, 'params'>) => request.params.artifact_id ?? '';

/** Types that a browser runs scripts of. */
const scriptable = /html|xml/i;

const disposition = (row: ArtifactRow) =>
  create(row.filename, { type: row.artifactType === 'download' ? 'attachment' : 'inline' });

export function artifactHandlers(artifacts: ArtifactsService, runs: RunsService): ArtifactHandlers {
  return {
    listArtifacts: async ({ principal, params, query }) => {
      const runId = params.run_id ?? '';
      if (!(await runs.exists(principal.organizationId, runId))) return [];
      const rows = await artifacts.ofRun(runId, query.artifact_type);
      return rows.map((row) => artifacts.view(row));
    },
    getArtifact: async (request) =>
      artifacts.view(await artifacts.get(request.principal.organizationId, idOf(request))),
    signArtifact: async (request) =>
      artifacts.signedUrl(await artifacts.get(request.principal.organizationId, idOf(request))),
    getArtifactContent: async (request, reply) => {
      const row = await allowedArtifact(artifacts, request);
      reply.header('cache-control', cacheControl(request));
      // Answers carry no validator, so an If-Range can only be about another file: the whole is sent.
      const range = request.headers['if-range'] === undefined ? request.headers.range : undefined;
      return sendContent(reply, artifacts, row, range);
    },
  };
}

/** A signed address may be kept as long as it lives; what a key opened is asked for again. */
function cacheControl({ principal, query }: ContentRequest): string {
  if (principal !== null) return 'private, no-cache';
  return `private, max-age=${Number(query.expiry) - Math.floor(Date.now() / 1000)}`;
}

async function allowedArtifact(
  artifacts: ArtifactsService,
  request: ContentRequest,
): Promise<ArtifactRow> {
  const { sig, expiry, kid } = request.query;
  if (request.principal !== null)
    return artifacts.get(request.principal.organizationId, idOf(request));
  if (sig === undefined || expiry === undefined || kid === undefined) {
    throw new LapwingError(
      'invalid_credentials',
      'Send x-api-key, or use a signed address as GET /v1/runs/{run_id} gives it (sig, expiry, kid)',
    );
  }
  return artifacts.getSigned(idOf(request), { sig, expiry, kid });
}

async function sendContent(
  reply: FastifyReply,
  artifacts: ArtifactsService,
  row: ArtifactRow,
  rangeHeader: string | undefined,
): Promise<FastifyReply> {
  const range = byteRange(rangeHeader, row.fileSize);
  if (range === 'unsatisfiable') {
    reply.header('content-range', `bytes */${row.fileSize}`);
    throw new LapwingError(
      'range_not_satisfiable',
      `Range ${rangeHeader} is outside the ${row.fileSize} bytes`,
    );
  }
  const stream = await artifacts.open(row, range ?? undefined);
  const length = range === null ? row.fileSize : range.end - range.start + 1;
  if (range !== null) {
    reply.code(206).header('content-range', `bytes ${range.start}-${range.end}/${row.fileSize}`);
  }
  // A page that was saved must not act in the name of this server when it is opened from it.
  if (scriptable.test(row.contentType)) {
    const policy = `${securityHeaders['content-security-policy']}; sandbox`;
    reply.header('content-security-policy', policy);
  }
  return reply
    .header('content-type', row.contentType)
    .header('content-length', length)
    .header('accept-ranges', 'bytes')
    .header('x-content-type-options', 'nosniff')
    .header('content-disposition', disposition(row))
    .send(stream);
}
