import { z } from 'zod'
import { type Operation, operations } from './operations.ts'

type Json = Record<string, unknown>

/** The OpenAPI 3.1 document of hub, catalog and gateway, made of the schemas that the routes themselves use. */
export const openApi = (origin: string): Json => ({
  openapi: '3.1.1',
  info: {
    title: 'DeHug',
    version: '1',
    description:
      'A hub for AI models and data sets, and the door to inference on them. The routes that Hugging Face clients use are theirs; these are ours. Money is µUSDC as decimal text.',
    license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
  },
  servers: [{ url: origin }],
  paths: paths(),
  components: {
    securitySchemes: {
      token: { type: 'http', scheme: 'bearer', description: 'A hub token (hf_…).' },
      key: { type: 'http', scheme: 'bearer', description: 'An inference key (sk-dehug-…).' },
    },
    schemas: { Problem: problem },
  },
})

let made: Json | undefined

/** They are the same for everybody, and take a while. */
const paths = (): Json => {
  if (made) return made
  made = {}
  for (const operation of operations) {
    const path = templateOf(operation.path)
    made[path] = { ...(made[path] as Json | undefined), [operation.method]: describe(operation) }
  }
  return made
}

/** `/a/:b/*` as `/a/{b}/{path}`. */
export const templateOf = (path: string): string => path.replace(/:(\w+)/g, '{$1}').replace(/\*/g, '{path}')

const json = (schema: Json): Json => ({ content: { 'application/json': { schema } } })

const describe = ({ method, path, summary, auth, query, body, answer }: Operation): Json => ({
  operationId: `${method}${path.replace(/[^A-Za-z0-9]+(\w?)/g, (_, letter: string) => letter.toUpperCase())}`,
  summary,
  tags: [path.startsWith('/v1') ? 'inference' : 'hub'],
  security: security[auth],
  parameters: [...pathParameters(path), ...queryParameters(query)],
  ...(body ? { requestBody: { required: true, ...json(schemaOf(body)) } } : {}),
  responses: {
    200: { description: 'Done.', ...json(answer ? schemaOf(answer) : {}) },
    default: { description: 'Refused.', ...json({ $ref: '#/components/schemas/Problem' }) },
  },
})

const security: Record<Operation['auth'], Json[]> = {
  none: [],
  optional: [{}, { token: [] }],
  token: [{ token: [] }],
  key: [{ key: [] }],
}

/** As the schema stands on the wire, before anything is parsed. */
const schemaOf = (schema: z.ZodType): Json => {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as Json
  return rest
}

const pathParameters = (path: string): Json[] =>
  [...templateOf(path).matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
    ...{ name, in: 'path', required: true, schema: { type: 'string' } },
  }))

/** Lists may be repeated or hold commas. */
const queryParameters = (query: z.ZodObject | undefined): Json[] => {
  if (!query) return []
  const { properties = {}, required = [] } = schemaOf(query) as {
    properties?: Record<string, Json>
    required?: string[]
  }
  return Object.entries(properties).map(([name, schema]) => ({
    ...{
      name,
      in: 'query',
      required: required.includes(name),
      schema: Object.keys(schema).length === 0 ? { type: 'string' } : schema,
    },
    ...(schema.type === 'array' ? { style: 'form', explode: true } : {}),
  }))
}

/** RFC 9457, with what the hub adds. */
const problem = {
  type: 'object',
  required: ['type', 'title', 'status', 'detail', 'code'],
  properties: {
    type: { type: 'string' },
    title: { type: 'string' },
    status: { type: 'integer' },
    detail: { type: 'string' },
    code: { type: 'string' },
    hint: { type: 'string' },
    retryable: { type: 'boolean' },
    details: { type: 'object' },
  },
}
