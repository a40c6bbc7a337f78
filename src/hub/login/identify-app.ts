import type { FastifyRequest } from 'fastify'
import { OauthApp, OauthCode } from '../../catalog/index.ts'
import type { HubContext } from '../context.ts'
import type { Fields } from './form.ts'
import { OauthError } from './OauthError.ts'

type Claimed = { id: string | undefined; secret: string | undefined }

/** `Basic` before form fields (RFC 6749, section 2.3.1). */
const claimed = (request: FastifyRequest, form: Fields): Claimed => {
  const [scheme = '', value = ''] = (request.headers.authorization ?? '').split(/\s+/, 2)
  if (!/^basic$/i.test(scheme)) return { id: form.client_id, secret: form.client_secret }
  const [id = '', secret = ''] = Buffer.from(value, 'base64').toString().split(':', 2).map(decoded)
  if (form.client_id !== undefined && form.client_id !== id) {
    throw new OauthError('invalid_request', 'The request names two programs.')
  }
  return { id, secret: secret === '' ? undefined : secret }
}

const decoded = (text: string): string => {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '))
  } catch {
    return text
  }
}

/**
 * The program that sends a request; a confidential one must show its secret. A code names its program where the request
 * does not (`@huggingface/hub` leaves it out). Throws {@link OauthError}.
 */
export const identifyApp = async (
  context: HubContext,
  request: FastifyRequest,
  form: Fields,
): Promise<OauthApp.OauthApp> => {
  const { db } = context.catalog
  const { id, secret } = claimed(request, form)
  const named = id ?? (form.code === undefined ? undefined : await OauthCode.clientOf(db, form.code))
  const app = named === undefined || named.length > 200 ? undefined : await OauthApp.find(db, named)
  if (!app && id === undefined) throw new OauthError('invalid_grant', 'The code is unknown, used or too old.')
  const isProved = app && (app.secretHash === undefined ? secret === undefined : OauthApp.isSecret(app, secret ?? ''))
  if (!app || !isProved)
    throw new OauthError('invalid_client', 'This hub knows no such program, or its secret is wrong.')
  return app
}
