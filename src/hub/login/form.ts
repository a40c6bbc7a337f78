import type { FastifyRequest } from 'fastify'
import { OauthError } from './OauthError.ts'

/** The fields of a form or a query, each at most once. Throws {@link OauthError}. */
export type Fields = Record<string, string | undefined>

const maxLength = 8192

const single = (input: unknown): Fields => {
  const fields: Fields = {}
  for (const [name, value] of Object.entries((input ?? {}) as Record<string, unknown>)) {
    const values = Array.isArray(value) ? value : [value]
    // RFC 6749, section 3.1: parameters must not come more than once, and empty ones count as left out.
    if (values.length > 1) throw new OauthError('invalid_request', `The parameter ${name.slice(0, 40)} comes twice.`)
    const [text] = values
    if (typeof text !== 'string' || text === '') continue
    if (text.length > maxLength || text.includes('\0')) {
      throw new OauthError('invalid_request', `The parameter ${name.slice(0, 40)} cannot be read.`)
    }
    fields[name] = text
  }
  return fields
}

export const formOf = (request: FastifyRequest): Fields => single(request.body)
export const queryOf = (request: FastifyRequest): Fields => single(request.query)

/** A field that must be there. Throws {@link OauthError}. */
export const required = (fields: Fields, name: string): string => {
  const value = fields[name]
  if (value === undefined) throw new OauthError('invalid_request', `The parameter ${name} is missing.`)
  return value
}
