import type { FastifyRequest } from 'fastify'
import { z } from 'zod'
import { Struct } from '../../../core/index.ts'
import { listParam } from '../../request.ts'

/**
 * The query parameters of a request under a schema. Where it has a list, the parameter may be repeated or hold commas.
 * Postgres has no NUL in text. Throws `BadInput` naming the parameter.
 */
export const readQuery = <T extends z.ZodObject>(schema: T, request: FastifyRequest): z.infer<T> => {
  const texts = (name: string) => listParam(request, name).map((text) => text.replaceAll('\0', '').toWellFormed())
  const read = ([name, field]: [string, unknown]) => {
    const given = texts(name)
    if (given.length === 0) return []
    return [[name, isList(field) ? given.flatMap((text) => text.split(',').filter((item) => item !== '')) : given[0]]]
  }
  return Struct.parseWith(schema, Object.fromEntries(Object.entries(schema.shape).flatMap(read)), 'query') as z.infer<T>
}

const isList = (field: unknown): boolean =>
  field instanceof z.ZodArray || (field instanceof z.ZodDefault && isList(field.unwrap()))
