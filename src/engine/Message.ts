import { z } from 'zod'

const id = z.int().min(0)
const units = z.int().min(0).max(1_000_000_000)
const kind = z.enum(['input', 'memory', 'model'])
const message = z.string().max(4000)
const label = z.strictObject({ label: z.string().max(1000), score: z.number() })

/** What a child may say. It is never trusted: everything else ends it. */
export const schema = z.discriminatedUnion('op', [
  z.strictObject({ op: z.literal('ready'), contextLength: z.int().min(1).nullable() }),
  z.strictObject({ op: z.literal('refused'), kind, message }),
  z.strictObject({ op: z.literal('counted'), id, units }),
  z.strictObject({ op: z.literal('text'), id, text: z.string(), unitsOut: units }),
  z.strictObject({
    op: z.literal('done'),
    id,
    unitsIn: units,
    unitsOut: units,
    finishReason: z.enum(['stop', 'length', 'abort']),
    vectors: z.array(z.base64()).max(256).optional(),
    labels: z.array(z.array(label).max(1000)).max(256).optional(),
  }),
  z.strictObject({ op: z.literal('failed'), id, kind, message }),
])

export type Message = z.infer<typeof schema>
export type Done = Extract<Message, { op: 'done' }>
