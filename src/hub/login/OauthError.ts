import type { FastifyReply, FastifyRequest } from 'fastify'
import { DehugError, type ErrorFacts } from '../../core/index.ts'

/** The error names of RFC 6749, 6750, 7009 and 8628. */
export type OauthErrorName =
  | 'invalid_request'
  | 'invalid_client'
  | 'invalid_grant'
  | 'unauthorized_client'
  | 'unsupported_grant_type'
  | 'unsupported_response_type'
  | 'invalid_scope'
  | 'invalid_token'
  | 'insufficient_scope'
  | 'access_denied'
  | 'login_required'
  | 'consent_required'
  | 'authorization_pending'
  | 'slow_down'
  | 'expired_token'
  | 'temporarily_unavailable'

const statusOf: Partial<Record<OauthErrorName, number>> = {
  invalid_client: 401,
  invalid_token: 401,
  insufficient_scope: 403,
  temporarily_unavailable: 429,
}

/** A request of a program that is refused, in OAuth's own words. */
export class OauthError extends DehugError {
  readonly error: OauthErrorName
  constructor(error: OauthErrorName, message: string, facts: Partial<ErrorFacts> = {}) {
    super(message, { code: error, status: statusOf[error] ?? 400, exitCode: 2, ...facts })
    this.error = error
  }
}

/** Answers `{error, error_description}` (RFC 6749, section 5.2); what is not the caller's fault says nothing. */
export const answerOauthError = (error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply => {
  const { statusCode = 500 } = error as { statusCode?: number }
  const known = error instanceof DehugError ? error : undefined
  if (!known && statusCode >= 500) request.log.error(error)
  const status = known?.status ?? statusCode
  const name = error instanceof OauthError ? error.error : status < 500 ? 'invalid_request' : 'server_error'
  const message = known?.message ?? (status < 500 ? 'The request cannot be read.' : 'The service failed.')
  if (name === 'invalid_client') reply.header('www-authenticate', 'Basic realm="oauth"')
  if (name === 'invalid_token') reply.header('www-authenticate', 'Bearer error="invalid_token"')
  return reply
    .code(status)
    .headers({
      'cache-control': 'no-store',
      'x-error-code': name,
      'x-error-message': message.replace(/[^\x20-\x7e]/g, '?'),
    })
    .send({ error: name, error_description: message })
}
