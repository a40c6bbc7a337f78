import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify'
import { BadInput, DehugError } from '../core/index.ts'
import type { OpenAi } from '../wire/index.ts'

/** Our error for whatever was thrown; Fastify's own (body too large, no parser) become `BadInput`. */
export function known(error: unknown, request: FastifyRequest): DehugError {
  if (error instanceof DehugError) return error
  const { statusCode, code, message } = error as FastifyError
  if (statusCode === 413) {
    return new DehugError('The body is too large.', {
      ...{ code: 'body_too_large', status: 413, exitCode: 2 },
      hint: 'Send less at once.',
    })
  }
  if (statusCode !== undefined && statusCode < 500) {
    return new BadInput(message, { code: code?.toLowerCase() ?? 'bad_request' })
  }
  request.log.error(error)
  const { detail, status, hint } = DehugError.toProblem(error)
  return new DehugError(detail, { code: 'fault', status, hint, cause: error })
}

/** `{error: {message, type, code, param}}`, as OpenAI's clients read it. */
export function openAiBody(error: DehugError): OpenAi.ErrorBody {
  const { details, hint } = DehugError.toProblem(error)
  return {
    error: {
      message: error.hint ? `${error.message} ${error.hint}` : error.message,
      type: typeOf(error.status),
      code: error.code,
      param: paramOf(error),
      dehug: { hint, retryable: error.retryable, details },
    },
  }
}

function typeOf(status: number): string {
  if (status === 401) return 'authentication_error'
  if (status === 402) return 'insufficient_quota'
  if (status === 403) return 'permission_error'
  if (status === 404) return 'not_found_error'
  if (status < 500) return 'invalid_request_error'
  return status === 503 ? 'service_unavailable' : 'api_error'
}

function paramOf({ details }: DehugError): string | null {
  if (typeof details?.param === 'string') return details.param
  const [issue] = (details?.issues as { path?: string }[] | undefined) ?? []
  return issue?.path || null
}

/** Clients retry 408, 409, 429 and 5xx by themselves unless told what is right: only what says so is worth it. */
const retryHeaders = (error: DehugError): Record<string, string> => {
  const retryAfterMs = error.details?.retryAfterMs
  return {
    'x-should-retry': String(error.retryable),
    ...(error.retryable ? { 'retry-after': String(Math.ceil((Number(retryAfterMs) || 1000) / 1000)) } : {}),
  }
}

export function answerOpenAiError(error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const ours = known(error, request)
  return reply.code(ours.status).headers(retryHeaders(ours)).send(openAiBody(ours))
}

/** `{error}`, as Hugging Face's clients read it. */
export function answerHfError(error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const ours = known(error, request)
  const { detail, hint, code, details } = DehugError.toProblem(ours)
  return reply
    .code(ours.status)
    .headers({ ...retryHeaders(ours), 'x-error-code': code, 'x-error-message': encodeURI(detail) })
    .send({ error: hint ? `${detail} ${hint}` : detail, code, ...(details ? { details } : {}) })
}
