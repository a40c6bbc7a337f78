import { and, eq } from 'drizzle-orm'
import type { Account } from './Account.ts'
import type { Db } from './database.ts'
import type { OauthApp } from './OauthApp.ts'
import { oauthConsents } from './tables/index.ts'

/** Remembers what a person allowed a program. */
export const remember = async (db: Db, user: Account, app: OauthApp, scopes: string[], now: Date): Promise<void> => {
  await db
    .insert(oauthConsents)
    .values({ userId: user.id, clientId: app.id, scopes, createdAt: now })
    .onConflictDoUpdate({
      target: [oauthConsents.userId, oauthConsents.clientId],
      set: { scopes, createdAt: now },
    })
}

/** Whether a person allowed a program all of this before. */
export const covers = async (db: Db, user: Account, app: OauthApp, scopes: string[]): Promise<boolean> => {
  const [row] = await db
    .select()
    .from(oauthConsents)
    .where(and(eq(oauthConsents.userId, user.id), eq(oauthConsents.clientId, app.id)))
  return row !== undefined && scopes.every((scope) => row.scopes.includes(scope))
}

/** Forgets what a person allowed a program, so that they are asked again. */
export const forget = async (db: Db, user: Account, clientId: string): Promise<void> => {
  await db.delete(oauthConsents).where(and(eq(oauthConsents.userId, user.id), eq(oauthConsents.clientId, clientId)))
}
