import type { FastifyRequest } from 'fastify'

/** The body, its `model` taken from a path `/models/{namespace}/{name}/…` where the request has one. */
export function modelOfPath(request: FastifyRequest): unknown {
  const { namespace, name } = request.params as { namespace?: string; name?: string }
  const { body } = request
  if (namespace === undefined || typeof body !== 'object' || body === null) return body
  return { ...body, model: `${namespace}/${name}` }
}
