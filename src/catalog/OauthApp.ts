import { randomBytes, timingSafeEqual } from 'node:crypto'
import { and, count, eq, inArray } from 'drizzle-orm'
import { BadInput, Conflict, NotFound } from '../core/index.ts'
import type { Account } from './Account.ts'
import type { Db } from './database.ts'
import * as OauthScope from './OauthScope.ts'
import { hashOf } from './Token.ts'
import { oauthApps } from './tables/index.ts'

/** A program that may ask people for access; RFC 6749 calls it a client. */
export type OauthApp = {
  /** Its client_id. */
  id: string
  name: string
  /** Compared character by character; a loopback address may have any port (RFC 8252). */
  redirectUris: readonly string[]
  scopes: readonly string[]
  /** Undefined for public clients, which cannot keep a secret. */
  secretHash: string | undefined
  flow: 'code' | 'device'
  /** Life of its access tokens. */
  accessSeconds: number
}

const hour = 3600
/** huggingface_hub renews a token that has less than a day left, so these live longer. */
const deviceSeconds = 7 * 24 * hour

const device = (id: string, name: string): OauthApp => ({
  ...{ id, name, redirectUris: [], scopes: OauthScope.all, secretHash: undefined },
  ...{ flow: 'device', accessSeconds: deviceSeconds },
})

const loopbackHosts = ['localhost', '127.0.0.1', '[::1]']
const loopbackPaths = ['/', '/callback', '/oauth/callback', '/login/callback']

/** Programs that everybody has: the command lines of huggingface_hub and of this project, and one for pages under development. */
export const builtIn: readonly OauthApp[] = [
  device('26be6b09-91c5-47da-9861-d2d2bb7a7e36', 'Hugging Face command line (hf)'),
  device('dehug-cli', 'DeHug command line'),
  {
    ...{ id: 'dehug-loopback', name: 'A program on your own computer', secretHash: undefined },
    redirectUris: loopbackHosts.flatMap((host) => loopbackPaths.map((path) => `http://${host}${path}`)),
    ...{ scopes: OauthScope.all, flow: 'code', accessSeconds: 8 * hour },
  },
]

const fromRow = (row: typeof oauthApps.$inferSelect): OauthApp => ({
  ...{ id: row.id, name: row.name, redirectUris: row.redirectUris, scopes: row.scopes },
  ...{ secretHash: row.secretHash ?? undefined, flow: 'code', accessSeconds: 8 * hour },
})

const isUuid = (text: string) => /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(text)

export const find = async (db: Db, clientId: string): Promise<OauthApp | undefined> => {
  const known = builtIn.find(({ id }) => id === clientId)
  if (known || !isUuid(clientId)) return known
  const [row] = await db.select().from(oauthApps).where(eq(oauthApps.id, clientId))
  return row && fromRow(row)
}

/** The names of programs that are still there. */
export const namesOf = async (db: Db, clientIds: string[]): Promise<Map<string, string>> => {
  const rows = await db
    .select({ id: oauthApps.id, name: oauthApps.name })
    .from(oauthApps)
    .where(inArray(oauthApps.id, clientIds.filter(isUuid)))
  return new Map([...rows, ...builtIn].map(({ id, name }) => [id, name]))
}

const maxApps = 50

export type NewApp = { name: string; redirectUris: string[]; scopes: string[]; confidential: boolean }

/** Registers a program; the secret of a confidential one is returned here and nowhere else. Throws `BadInput`, `Conflict`. */
export const create = async (
  db: Db,
  owner: Account,
  { name, redirectUris, scopes, confidential }: NewApp,
  now: Date,
): Promise<{ app: OauthApp; secret: string | undefined }> => {
  for (const uri of redirectUris) assertRedirectUri(uri)
  const known = OauthScope.parse(scopes.join(' '))
  const stranger = scopes.find((scope) => !known.some((one) => one === scope))
  if (stranger !== undefined) {
    throw new BadInput(`"${stranger.slice(0, 80)}" is no scope of this hub.`, {
      code: 'bad_scope',
      hint: `There are: ${OauthScope.all.join(', ')}.`,
    })
  }
  const [mine] = await db.select({ apps: count() }).from(oauthApps).where(eq(oauthApps.ownerId, owner.id))
  if ((mine?.apps ?? 0) >= maxApps) {
    throw new Conflict(`An account has at most ${maxApps} programs.`, { code: 'too_many_apps' })
  }
  const secret = confidential ? `hf_app_${randomBytes(32).toString('base64url')}` : undefined
  const [row] = await db
    .insert(oauthApps)
    .values({
      ...{ ownerId: owner.id, name, redirectUris, scopes: known, createdAt: now },
      secretHash: secret === undefined ? null : hashOf(secret),
    })
    .returning()
  return { app: fromRow(row as typeof oauthApps.$inferSelect), secret }
}

/** The programs somebody registered. */
export const listOf = async (db: Db, owner: Account): Promise<OauthApp[]> =>
  (await db.select().from(oauthApps).where(eq(oauthApps.ownerId, owner.id)).orderBy(oauthApps.createdAt)).map(fromRow)

/** Takes a program away. Tokens it has go on until they expire or are revoked, but are not renewed. Throws `NotFound`. */
export const remove = async (db: Db, owner: Account, id: string): Promise<void> => {
  const { rowCount } = isUuid(id)
    ? await db.delete(oauthApps).where(and(eq(oauthApps.id, id), eq(oauthApps.ownerId, owner.id)))
    : { rowCount: 0 }
  if (!rowCount) throw new NotFound(`You have no program ${id.slice(0, 80)}.`, { code: 'no_such_app' })
}

/** Whether this is the program's secret; never for a public one. */
export const isSecret = ({ secretHash }: OauthApp, secret: string): boolean =>
  secretHash !== undefined && timingSafeEqual(Buffer.from(secretHash), Buffer.from(hashOf(secret)))

export const isLoopback = (uri: string): boolean => {
  const { protocol, hostname } = new URL(uri)
  return protocol === 'http:' && loopbackHosts.includes(hostname)
}

const withoutPort = (uri: string): string => {
  const url = new URL(uri)
  url.port = ''
  return url.href
}

/** Whether the program registered this address to come back to. */
export const mayReturnTo = ({ redirectUris }: OauthApp, uri: string): boolean => {
  if (!URL.canParse(uri) || /[\s\\#]/.test(uri)) return false
  if (redirectUris.includes(uri)) return true
  if (!isLoopback(uri) || new URL(uri).username !== '' || new URL(uri).password !== '') return false
  return redirectUris.some((known) => isLoopback(known) && withoutPort(known) === withoutPort(uri))
}

const assertRedirectUri = (uri: string): void => {
  const url = URL.canParse(uri) && !/[\s\\#*]/.test(uri) ? new URL(uri) : undefined
  const safe = url !== undefined && (url.protocol === 'https:' || isLoopback(uri))
  if (safe && url.username === '' && url.password === '') return
  throw new BadInput(`"${uri.slice(0, 200)}" cannot be an address to return to.`, {
    code: 'bad_redirect_uri',
    hint: 'Use https, or http on a loopback address, without fragment, wildcard or password.',
  })
}
