/** What a provider asks and allows, as it signed it; µUSDC and counts as decimal text. */
export type RunOffer = {
  provider: string
  url: string
  priceIn: string
  priceOut: string
  priceMs: string
  priceCall: string
  maxIn: string
  maxOut: string
  validUntil: string
  versionRoot: string
}

/** A model that somebody serves now. */
export type RunModel = { id: string; task: string; offers: RunOffer[] }

type View = {
  id: string
  dehug: { task: string; offers: { offer: Omit<RunOffer, 'url'>; url: string }[] }
}

/** Reads an entry of `/v1/models`. */
export const modelOf = ({ id, dehug }: View): RunModel => ({
  id,
  task: dehug.task,
  offers: dehug.offers.map(({ offer, url }) => ({ ...offer, url })),
})

/** Reads `/v1/models`. */
export const modelsOf = ({ data }: { data: View[] }): RunModel[] => data.map(modelOf)

/** µUSDC for 1,000 tokens in and 200 out, to compare offers by one figure. */
export const typicalCost = (offer: RunOffer): bigint =>
  (BigInt(offer.priceIn) * 1000n + BigInt(offer.priceOut) * 200n + 1_000_000n * BigInt(offer.priceCall)) / 1_000_000n
