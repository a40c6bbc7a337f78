import { desc, inArray, like, sql } from 'drizzle-orm'
import { calculateJwkThumbprint, exportJWK, generateKeyPair, type JWK } from 'jose'
import type { Db } from './database.ts'
import { secrets } from './tables/index.ts'

/** A key that signs ID tokens, with its private part. */
export type OidcKey = JWK & { kid: string; alg: string }

const prefix = 'oidc-key/'
const signMs = 90 * 24 * 3_600_000
/** After its last signature a key is shown until all it signed has expired. */
const showMs = signMs + 24 * 3_600_000
const lockKey = 0x4f_49_44_43

type Kept = { name: string; key: OidcKey; madeAt: Date }

const kept = async (db: Db): Promise<Kept[]> => {
  const rows = await db
    .select()
    .from(secrets)
    .where(like(secrets.name, `${prefix}%`))
    .orderBy(desc(secrets.name))
  return rows.map(({ name, value }) => ({
    name,
    key: JSON.parse(Buffer.from(value).toString()) as OidcKey,
    madeAt: new Date(name.slice(prefix.length, prefix.length + 24)),
  }))
}

const young = (age: number, { madeAt }: Kept, now: Date) => now.getTime() - madeAt.getTime() < age

/** The key to sign with; made on first use and again every 90 days, the same for all processes on this database. */
export const current = async (db: Db, now: Date): Promise<OidcKey> => {
  const [newest] = await kept(db)
  if (newest && young(signMs, newest, now)) return newest.key
  return db.transaction(async (tx) => {
    await tx.execute(sql`select pg_advisory_xact_lock(${lockKey})`)
    const [made] = await kept(tx)
    return made && young(signMs, made, now) ? made.key : add(tx, now)
  })
}

/** Makes a new key to sign with at once; what older ones signed stays good while they are shown. */
export const rotate = (db: Db, now: Date): Promise<OidcKey> =>
  db.transaction(async (tx) => {
    await tx.execute(sql`select pg_advisory_xact_lock(${lockKey})`)
    return add(tx, now)
  })

const add = async (tx: Db, now: Date): Promise<OidcKey> => {
  const { privateKey } = await generateKeyPair('RS256', { extractable: true })
  const jwk = await exportJWK(privateKey)
  const key: OidcKey = { ...jwk, kid: await calculateJwkThumbprint(jwk), alg: 'RS256', use: 'sig' }
  const before = await kept(tx)
  const old = before.filter((one) => !young(showMs, one, now)).map(({ name }) => name)
  if (old.length > 0) await tx.delete(secrets).where(inArray(secrets.name, old))
  // The newest signs, whatever the clocks of several processes say.
  const madeAt = new Date(Math.max(now.getTime(), (before[0]?.madeAt.getTime() ?? 0) + 1))
  await tx
    .insert(secrets)
    .values({ name: `${prefix}${madeAt.toISOString()}/${key.kid}`, value: Buffer.from(JSON.stringify(key)) })
  return key
}

/** The public parts of the keys whose signatures may still be met, newest first. */
export const publicKeys = async (db: Db, now: Date): Promise<JWK[]> => {
  await current(db, now)
  return (await kept(db))
    .filter((one) => young(showMs, one, now))
    .map(({ key: { kty, kid, alg, use, n, e } }) => ({
      ...{ kty, kid, alg },
      ...(use === undefined ? {} : { use }),
      ...(n === undefined ? {} : { n }),
      ...(e === undefined ? {} : { e }),
    })) as JWK[]
}
