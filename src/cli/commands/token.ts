import { BadInput, Price } from '../../core/index.ts'
import type { TokenOptions } from '../../sdk/index.ts'
import { type ConnectOptions, connect } from '../connect.ts'
import * as Format from '../Format.ts'
import { type Io, note, print } from '../Io.ts'
import * as TimeSpan from '../TimeSpan.ts'

export type CreateOptions = ConnectOptions & {
  read?: boolean | undefined
  /** `lab=repo.content.read` or `model:lab/x=repo.write,discussion.write`; without a name in front: on everything. */
  allow?: string[] | undefined
  gated?: boolean | undefined
  spendCap?: string | undefined
  expires?: string | undefined
}

export type Created = { id: string; name: string; token: string }

/** Makes a token, with all rights of the account or only some; its text is shown once. */
export async function create(name: string, options: CreateOptions, io: Io): Promise<Created> {
  const wish = wishOf(name, options, io)
  const client = await connect(options, io)
  const { id, token } = await client.createToken(wish)
  print(io, token)
  note(io, 'Keep it: it is not shown again.')
  return { id, name, token }
}

function wishOf(name: string, options: CreateOptions, io: Io): TokenOptions {
  const { read, allow, gated, spendCap, expires } = options
  if (read && allow) throw new BadInput('--read and --allow do not go together.', { code: 'bad_options' })
  return {
    name,
    scope: read ? 'read' : 'write',
    ...(allow || gated ? { fineGrained: { ...rightsOf(allow ?? []), canReadGatedRepos: gated === true } } : {}),
    ...(spendCap === undefined ? {} : { spendCapMicroUsdc: Price.fromUsdc(spendCap).toString() }),
    ...(expires === undefined
      ? {}
      : { expiresAt: new Date(io.now() + TimeSpan.seconds(expires) * 1000).toISOString() }),
  }
}

function rightsOf(allow: string[]) {
  const split = allow.map((text) => {
    const at = text.indexOf('=')
    return { entity: at < 0 ? undefined : text.slice(0, at), permissions: text.slice(at + 1).split(',') }
  })
  return {
    global: split.flatMap(({ entity, permissions }) => (entity === undefined ? permissions : [])),
    scoped: split.flatMap(({ entity, permissions }) => (entity === undefined ? [] : [{ entity, permissions }])),
  }
}

/** Shows the tokens of the account, without their secrets. */
export async function list(options: ConnectOptions, io: Io) {
  const tokens = await (await connect(options, io)).listTokens()
  const day = (time: string | null) => time?.slice(0, 10) ?? '-'
  const rows = tokens.map(({ id, name, scope, createdAt, expiresAt, lastUsedAt }) => [
    ...[id, name, scope, day(createdAt), day(expiresAt), day(lastUsedAt)],
  ])
  print(io, Format.table([['id', 'name', 'rights', 'made', 'expires', 'used'], ...rows]))
  return tokens
}

/** Ends a token at once. */
export async function revoke(id: string, options: ConnectOptions, io: Io): Promise<{ id: string; revoked: true }> {
  await (await connect(options, io)).revokeToken(id)
  print(io, `Revoked ${id}.`)
  return { id, revoked: true }
}

/** Gives a token a new text; the old one ends at once. */
export async function rotate(id: string, options: ConnectOptions, io: Io): Promise<{ id: string; token: string }> {
  const made = await (await connect(options, io)).rotateToken(id)
  print(io, made.token)
  note(io, 'Keep it: it is not shown again.')
  return { id: made.id, token: made.token }
}
