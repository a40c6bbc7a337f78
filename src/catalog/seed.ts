import { z } from 'zod'
import { BadInput, type Hex, Json } from '../core/index.ts'
import * as Account from './Account.ts'
import type { Db } from './database.ts'
import * as Token from './Token.ts'

const token = z.union([
  z.string().min(8),
  z.object({
    token: z.string().min(8),
    name: z.string().optional(),
    scope: z.enum(['read', 'write']).default('write'),
  }),
])

const schema = z.object({
  users: z
    .array(
      z.object({
        name: z.string(),
        fullname: z.string().optional(),
        email: z.string().optional(),
        address: z
          .string()
          .regex(/^0x[0-9a-fA-F]{40}$/)
          .optional(),
        tokens: z.array(token).default([]),
        admin: z.boolean().optional(),
      }),
    )
    .default([]),
  orgs: z
    .array(
      z.object({
        name: z.string(),
        fullname: z.string().optional(),
        plan: z.string().optional(),
        members: z
          .array(z.object({ user: z.string(), role: z.enum(['admin', 'write', 'contributor', 'read']) }))
          .default([]),
        defaultVisibility: z.enum(['public', 'private']).optional(),
      }),
    )
    .default([]),
})

export type Seed = z.input<typeof schema>

/** Reads a seed file's text. Throws `BadInput`. */
export const parseSeed = (text: string): Seed => {
  const result = schema.safeParse(Json.parse(text, { what: 'seed file' }))
  if (result.success) return result.data
  const issue = result.error.issues[0]
  throw new BadInput(`The seed file is wrong at ${issue?.path.join('.')}: ${issue?.message}.`, { code: 'bad_seed' })
}

/** Creates the users, tokens and organisations of a seed that are not there yet. For development chains only. */
export const seed = (db: Db, input: Seed, now: Date): Promise<void> =>
  db.transaction(async (tx) => {
    const { users, orgs } = schema.parse(input)
    for (const { tokens, address, ...user } of users) {
      const known = await Account.byName(tx, user.name)
      const wallet = address?.toLowerCase() as Hex | undefined
      const account = known ?? (await Account.create(tx, { ...user, kind: 'user', address: wallet }, now))
      for (const [i, given] of tokens.entries()) {
        const {
          token: secret,
          name = `seed-${i + 1}`,
          scope,
        } = typeof given === 'string' ? { token: given, name: undefined, scope: 'write' as const } : given
        await Token.record(tx, account, secret, { name, scope }, now)
      }
    }
    for (const { members, ...org } of orgs) {
      const account = (await Account.byName(tx, org.name)) ?? (await Account.create(tx, { ...org, kind: 'org' }, now))
      for (const member of members) {
        const user = await Account.byName(tx, member.user)
        if (!user)
          throw new BadInput(`The seed names the member "${member.user}", who is no user.`, { code: 'bad_seed' })
        await Account.setMember(tx, account, user, member.role)
      }
    }
  })
