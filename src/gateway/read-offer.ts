import { eq } from 'drizzle-orm'
import { type Hex, Offer, RepoId } from '../core/index.ts'
import type { Gateway } from './Gateway.ts'
import type { KnownOffer } from './Providers.ts'
import { offers } from './tables.ts'

/** An offer that was used earlier, with the place where its provider is now; undefined when that is not known. */
export async function readOffer(gateway: Gateway, offerHash: Hex): Promise<KnownOffer | undefined> {
  const [row] = await gateway.database.select().from(offers).where(eq(offers.offerHash, offerHash))
  if (!row) return undefined
  const offer = Offer.parse(row.offer)
  const served = await gateway.providers.list()
  const url = gateway.providers.urlOf(offer.provider)
  if (!url) return undefined
  const info = served.find((known) => known.hash === offerHash)?.info ?? { bytes: 0, files: 0, engine: '' }
  const repo = RepoId.key(RepoId.parse(row.repo))
  return { offer, hash: offerHash, signature: row.signature as Hex, model: row.repo, repo, task: '', info, url }
}
